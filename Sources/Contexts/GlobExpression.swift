/// A regular expression in the part of RE2's syntax that rules can be translated to, run in time linear in the text.
struct GlobExpression: Sendable {
    enum Instruction: Sendable {
        case scalar(UInt32)
        case set(ScalarSet)
        case split(Int, Int)
        case jump(Int)
        case assert(Assertion)
        case match
    }

    enum Assertion: Sendable {
        case start
        case end
        case wordBoundary
        case noWordBoundary
    }

    let program: [Instruction]
    /// Whether a match can only begin at the start of the text.
    private let isAnchored: Bool

    init(_ expression: [Unicode.Scalar]) throws(IgnoreRule.Invalid) {
        var parser = GlobExpressionParser(expression)
        let node = try parser.parse()
        isAnchored = !parser.hasAlternatives
        var compiler = GlobCompiler()
        try compiler.add(node)
        program = compiler.program + [.match]
    }

    /// Whether a slash is among the characters that it takes.
    var mayMatchSlash: Bool {
        program.contains { instruction in
            switch instruction {
            case .scalar(let scalar): scalar == 0x2f
            case .set(let set): set.contains(0x2f)
            default: false
            }
        }
    }

    /// Whether the expression matches anywhere in the text.
    func matches(_ text: UnsafeBufferPointer<UInt8>, _ scratch: GlobScratch) -> Bool {
        scratch.prepare(for: program.count)
        var offset = 0
        var before: UInt32?
        while true {
            let (scalar, length) = offset < text.count ? decodeScalar(text, at: offset) : (0, 0)
            let here = Position(
                isStart: offset == 0, isEnd: offset == text.count, before: before, after: length > 0 ? scalar : nil)
            // Threads wait in `next` without their empty steps: what those lead to depends on where they are.
            scratch.current.removeAll()
            if offset == 0 || !isAnchored { if follow(0, at: here, scratch) { return true } }
            for index in 0..<scratch.next.count where follow(scratch.next.elements[index], at: here, scratch) {
                return true
            }
            scratch.steps += scratch.current.count
            guard length > 0, isAnchored == false || scratch.current.count > 0 else { return false }
            scratch.next.removeAll()
            for index in 0..<scratch.current.count {
                let place = scratch.current.elements[index]
                switch program[place] {
                case .scalar(let wanted): if wanted == scalar { scratch.next.insert(place + 1) }
                case .set(let set): if set.contains(scalar) { scratch.next.insert(place + 1) }
                default: break
                }
            }
            offset += length
            before = scalar
        }
    }

    private struct Position {
        let isStart: Bool
        let isEnd: Bool
        let before: UInt32?
        let after: UInt32?
    }

    /// Adds all that is reached from `place` without taking a character.
    ///
    /// - Returns: whether the end of the program is.
    private func follow(_ place: Int, at position: Position, _ scratch: GlobScratch) -> Bool {
        scratch.stack.removeAll(keepingCapacity: true)
        scratch.stack.append(place)
        while let place = scratch.stack.popLast() {
            guard scratch.current.insert(place) else { continue }
            switch program[place] {
            case .match: return true
            case .jump(let target): scratch.stack.append(target)
            case .split(let one, let other):
                scratch.stack.append(other)
                scratch.stack.append(one)
            case .assert(let assertion): if holds(assertion, at: position) { scratch.stack.append(place + 1) }
            case .scalar, .set: break
            }
        }
        return false
    }

    private func holds(_ assertion: Assertion, at position: Position) -> Bool {
        switch assertion {
        case .start: position.isStart
        case .end: position.isEnd
        case .wordBoundary: isWord(position.before) != isWord(position.after)
        case .noWordBoundary: isWord(position.before) == isWord(position.after)
        }
    }

    private func isWord(_ scalar: UInt32?) -> Bool {
        scalar.map { ScalarSet.word.contains($0) } ?? false
    }
}

/// The memory that matching works in, so that no match allocates any. For one walk on one thread.
final class GlobScratch {
    struct Places {
        private(set) var elements: [Int] = []
        private var marks: [UInt32] = []
        private var mark: UInt32 = 0
        var count: Int { elements.count }

        mutating func prepare(for size: Int) {
            if marks.count < size { marks = [UInt32](repeating: 0, count: size) }
            removeAll()
        }

        mutating func removeAll() {
            elements.removeAll(keepingCapacity: true)
            mark &+= 1
            if mark == 0 {
                for index in marks.indices { marks[index] = 0 }
                mark = 1
            }
        }

        @discardableResult
        mutating func insert(_ place: Int) -> Bool {
            guard marks[place] != mark else { return false }
            marks[place] = mark
            elements.append(place)
            return true
        }
    }

    var current = Places()
    var next = Places()
    var stack: [Int] = []
    /// The work so far: for each character of a text, the places that the expression could be at. For tests.
    var steps = 0

    func prepare(for size: Int) {
        current.prepare(for: size)
        next.prepare(for: size)
    }
}
