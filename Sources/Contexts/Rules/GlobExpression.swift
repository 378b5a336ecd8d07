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

    /// An instruction in the form that is quick to run: without references to count.
    private struct Step {
        enum Code: UInt8 {
            case scalar
            case set
            case split
            case jump
            case assert
            case match
        }

        let code: Code
        /// The scalar, the number of the set, or where to go on.
        var one: UInt32 = 0
        var other: UInt32 = 0
        /// Which ASCII characters a set has.
        var low: UInt64 = 0
        var high: UInt64 = 0
    }

    /// Whether a slash is among the characters that it takes.
    let mayMatchSlash: Bool
    private let steps: [Step]
    private let sets: [ScalarSet]
    private let assertions: [Assertion]
    /// Whether a match can only begin at the start of the text.
    private let isAnchored: Bool

    init(_ expression: [Unicode.Scalar]) throws(IgnoreRule.Invalid) {
        var parser = GlobExpressionParser(expression)
        let node = try parser.parse()
        isAnchored = !parser.hasAlternatives
        var compiler = GlobCompiler()
        try compiler.add(node)
        let program = compiler.program + [.match]
        mayMatchSlash = program.contains { instruction in
            switch instruction {
            case .scalar(let scalar): scalar == 0x2f
            case .set(let set): set.contains(0x2f)
            default: false
            }
        }
        var sets: [ScalarSet] = []
        var assertions: [Assertion] = []
        steps = program.map { instruction in
            switch instruction {
            case .scalar(let scalar): return Step(code: .scalar, one: scalar)
            case .set(let set):
                sets.append(set)
                var step = Step(code: .set, one: UInt32(sets.count - 1))
                for scalar in UInt32(0)..<64 {
                    if set.contains(scalar) { step.low |= 1 << UInt64(scalar) }
                    if set.contains(scalar + 64) { step.high |= 1 << UInt64(scalar) }
                }
                return step
            case .split(let one, let other): return Step(code: .split, one: UInt32(one), other: UInt32(other))
            case .jump(let target): return Step(code: .jump, one: UInt32(target))
            case .assert(let assertion):
                assertions.append(assertion)
                return Step(code: .assert, one: UInt32(assertions.count - 1))
            case .match: return Step(code: .match)
            }
        }
        self.sets = sets
        self.assertions = assertions
    }

    /// How many steps the program has.
    var count: Int { steps.count }

    /// Whether the expression matches anywhere in the text.
    func matches(_ text: UnsafeBufferPointer<UInt8>, _ scratch: GlobScratch) -> Bool {
        scratch.prepare(for: steps.count)
        return steps.withUnsafeBufferPointer { run($0, text, scratch) }
    }

    private func run(_ steps: UnsafeBufferPointer<Step>, _ text: UnsafeBufferPointer<UInt8>, _ scratch: GlobScratch)
        -> Bool
    {
        // In variables of their own, since a class's properties are checked for overlapping use at each access.
        var (current, next) = (scratch.current, scratch.next)
        let stack = scratch.stack
        defer { (scratch.current, scratch.next) = (current, next) }
        var offset = 0
        var before: UInt32?
        while true {
            let (scalar, length) = offset < text.count ? decodeScalar(text, at: offset) : (0, 0)
            let here = Position(
                isStart: offset == 0, isEnd: offset == text.count, before: before, after: length > 0 ? scalar : nil)
            // Threads wait in `next` without their empty steps: what those lead to depends on where they are.
            current.removeAll()
            if offset == 0 || !isAnchored { if follow(0, at: here, steps, &current, stack) { return true } }
            for index in 0..<next.count where follow(next.elements[index], at: here, steps, &current, stack) {
                return true
            }
            scratch.steps += current.marked
            guard length > 0, isAnchored == false || current.count > 0 else { return false }
            next.removeAll()
            for index in 0..<current.count {
                let place = current.elements[index]
                let step = steps[Int(place)]
                let isTaken: Bool
                if step.code == .scalar {
                    isTaken = step.one == scalar
                } else if scalar < 128 {
                    isTaken = (scalar < 64 ? step.low : step.high) & (1 << UInt64(scalar & 63)) != 0
                } else {
                    isTaken = sets[Int(step.one)].contains(scalar)
                }
                if isTaken, next.mark(place + 1) { next.append(place + 1) }
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

    /// Adds all that is reached from `place` without taking a character: the steps that take one.
    ///
    /// - Returns: whether the end of the program is.
    @inline(__always)
    private func follow(
        _ place: UInt32, at position: Position, _ steps: UnsafeBufferPointer<Step>, _ current: inout GlobScratch.Places,
        _ stack: UnsafeMutablePointer<UInt32>
    ) -> Bool {
        stack[0] = place
        var depth = 1
        while depth > 0 {
            depth -= 1
            let place = stack[depth]
            guard current.mark(place) else { continue }
            let step = steps[Int(place)]
            switch step.code {
            case .match: return true
            case .jump:
                stack[depth] = step.one
                depth += 1
            case .split:
                stack[depth] = step.other
                stack[depth + 1] = step.one
                depth += 2
            case .assert:
                guard holds(assertions[Int(step.one)], at: position) else { continue }
                stack[depth] = place + 1
                depth += 1
            case .scalar, .set: current.append(place)
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
    /// A set of places in a program, in the order in which they came. The memory is the scratch's.
    struct Places {
        fileprivate(set) var elements: UnsafeMutablePointer<UInt32>
        fileprivate var marks: UnsafeMutablePointer<UInt32>
        private var number: UInt32 = 0
        private(set) var count = 0
        /// How many were marked, appended or not.
        private(set) var marked = 0
        fileprivate let size: Int

        fileprivate init(size: Int) {
            self.size = size
            elements = .allocate(capacity: size)
            marks = .allocate(capacity: size)
            elements.initialize(repeating: 0, count: size)
            marks.initialize(repeating: 0, count: size)
        }

        fileprivate func deallocate() {
            elements.deallocate()
            marks.deallocate()
        }

        mutating func removeAll() {
            (count, marked) = (0, 0)
            number &+= 1
            if number == 0 {
                marks.update(repeating: 0, count: size)
                number = 1
            }
        }

        /// - Returns: false if it was marked before.
        @inline(__always)
        mutating func mark(_ place: UInt32) -> Bool {
            guard marks[Int(place)] != number else { return false }
            marks[Int(place)] = number
            marked += 1
            return true
        }

        @inline(__always)
        mutating func append(_ place: UInt32) {
            elements[count] = place
            count += 1
        }
    }

    fileprivate var current = Places(size: 64)
    fileprivate var next = Places(size: 64)
    /// Each place is followed once and leaves two at most.
    fileprivate var stack = UnsafeMutablePointer<UInt32>.allocate(capacity: 130)
    /// The work so far: for each character of a text, the places that the expression could be at. For tests.
    var steps = 0

    deinit {
        current.deallocate()
        next.deallocate()
        stack.deallocate()
    }

    fileprivate func prepare(for size: Int) {
        if current.size < size {
            current.deallocate()
            next.deallocate()
            stack.deallocate()
            current = Places(size: 2 * size)
            next = Places(size: 2 * size)
            stack = .allocate(capacity: 4 * size + 2)
        }
        current.removeAll()
        next.removeAll()
    }
}
