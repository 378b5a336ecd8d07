/// Runs a program over a text: once through it, with at most one thread for each instruction, however the expression is
/// (Pike's method). Of the matches that begin first it finds the one that a backtracking search would.
struct RegexMatcher {
    private let program: RegexProgram
    private let text: ByteString
    private let work: TemplateWork
    private let slotCount: Int
    private var current: RegexThreads
    private var next: RegexThreads
    /// Of the thread in hand.
    private var slots: [Int]
    private var round = 0
    private var spent = 0

    /// - Parameter groups: whether the places of groups are wanted, and not only those of the whole.
    init(_ program: RegexProgram, _ text: ByteString, groups: Bool, _ work: TemplateWork) {
        self.program = program
        self.text = text
        self.work = work
        slotCount = groups ? program.slotCount : 2
        slots = Array(repeating: -1, count: slotCount)
        current = RegexThreads(program.count)
        next = RegexThreads(program.count)
    }

    /// Begin and end of the first match at or after a place, and of its groups; -1 for those without part in it. Nil
    /// without a match.
    mutating func match(from start: Int) throws -> [Int]? {
        var place = start
        var found: [Int]?
        var before = place > 0 ? text.lastRune(before: place).rune : nil
        current.removeAll()
        round += 1
        while true {
            let (rune, width) = place < text.count ? text.rune(at: place) : (0, 0)
            let after = width > 0 ? rune : nil
            if found == nil {
                for slot in slots.indices { slots[slot] = -1 }
                slots[0] = place
                current.add(0, round, program, place, before, after, &slots, &spent)
            }
            if found != nil, current.instructions.isEmpty { break }
            round += 1
            step(rune, width, at: place, found: &found)
            swap(&current, &next)
            next.removeAll()
            try work.spend(spent + 1)
            spent = 0
            guard width > 0 else { break }
            before = after
            place += width
        }
        return found
    }

    /// Moves all threads over a character.
    private mutating func step(_ rune: UInt32, _ width: Int, at place: Int, found: inout [Int]?) {
        let end = place + width
        let following = end < text.count && width > 0 ? text.rune(at: end).rune : nil
        for (index, instruction) in current.instructions.enumerated() {
            let argument = program.first[instruction]
            let moves: Bool
            switch program.operations[instruction] {
            case .match:
                var places = Array(current.slots[(index * slotCount)..<((index + 1) * slotCount)])
                places[1] = place
                found = places
                // Those after it are preferred less.
                return
            case .rune: moves = width > 0 && Int(rune) == argument
            case .runes:
                spent += program.classes[argument].ranges.count / 8
                moves = width > 0 && program.classes[argument].contains(rune)
            default: moves = false
            }
            guard moves else { continue }
            spent += 1
            var slot = 0
            while slot < slotCount {
                slots[slot] = current.slots[index * slotCount + slot]
                slot += 1
            }
            next.add(instruction + 1, round, program, end, rune, following, &slots, &spent)
        }
    }
}

/// Threads in the order in which they are preferred, and the places that each has passed.
private struct RegexThreads {
    var instructions: [Int] = []
    var slots: [Int] = []
    /// By instruction, in which round it was added.
    private var rounds: [Int]
    /// Instructions to follow; below zero a slot to restore, its value before it.
    private var stack: [Int] = []

    init(_ count: Int) { rounds = Array(repeating: -1, count: count) }

    mutating func removeAll() {
        instructions.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
    }

    /// Follows all ways from an instruction that need no character.
    mutating func add(
        _ start: Int, _ round: Int, _ program: RegexProgram, _ place: Int, _ before: UInt32?, _ after: UInt32?,
        _ slots: inout [Int], _ spent: inout Int
    ) {
        stack.append(start)
        while let instruction = stack.popLast() {
            guard instruction >= 0 else {
                slots[-1 - instruction] = stack.popLast() ?? -1
                continue
            }
            spent += 1
            guard rounds[instruction] != round else { continue }
            rounds[instruction] = round
            let argument = program.first[instruction]
            switch program.operations[instruction] {
            case .jump: stack.append(argument)
            case .split:
                stack.append(program.second[instruction])
                stack.append(argument)
            case .save:
                if argument < slots.count {
                    stack.append(slots[argument])
                    stack.append(-1 - argument)
                    slots[argument] = place
                }
                stack.append(instruction + 1)
            case .assertion:
                if program.assertions[argument].holds(before, after) { stack.append(instruction + 1) }
            case .match, .rune, .runes:
                instructions.append(instruction)
                self.slots.append(contentsOf: slots)
                spent += slots.count / 8
            }
        }
    }
}

extension RegexAssertion {
    /// Between the characters around, if there are any.
    fileprivate func holds(_ before: UInt32?, _ after: UInt32?) -> Bool {
        switch self {
        case .textStart: before == nil
        case .textEnd: after == nil
        case .lineStart: before == nil || before == 0x0a
        case .lineEnd: after == nil || after == 0x0a
        case .wordBoundary: Self.isWord(before) != Self.isWord(after)
        case .noWordBoundary: Self.isWord(before) == Self.isWord(after)
        }
    }

    private static func isWord(_ rune: UInt32?) -> Bool {
        rune.map { RegexEscapes.isAlphanumeric($0) || $0 == 0x5f } ?? false
    }
}
