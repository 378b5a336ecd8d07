/// A regular expression as instructions of a machine that follows all ways to match at once.
struct RegexProgram {
    /// The most instructions.
    static let maxInstructions = 10_000

    /// What an instruction does with its one or two numbers.
    enum Operation: UInt8 {
        /// A character of the class of this number.
        case runes
        /// This character.
        case rune
        /// The assertion of this number.
        case assertion
        /// Go on at both; the first is preferred.
        case split
        case jump
        /// Note the place in this slot.
        case save
        case match
    }

    // In arrays of their own, since the matcher looks at little else.
    private(set) var operations: [Operation] = []
    private(set) var first: [Int] = []
    private(set) var second: [Int] = []
    private(set) var classes: [RegexClass] = []
    private(set) var assertions: [RegexAssertion] = []
    /// Of the groups, from the first; empty for those without.
    let names: [String]

    var count: Int { operations.count }

    /// - Throws: ``TemplateFailure``
    init(_ pattern: ByteString) throws {
        let node: RegexNode
        (node, names) = try RegexParser.parse(pattern)
        try emit(node)
        try add(.match)
    }

    /// Places in the text that it tells: begin and end of the whole and of each group.
    var slotCount: Int { 2 * (names.count + 1) }

    private mutating func add(_ operation: Operation, _ one: Int = 0, _ two: Int = 0) throws {
        guard count < Self.maxInstructions else {
            throw RegexParser.failure("it is too large once its repetitions are written out")
        }
        operations.append(operation)
        first.append(one)
        second.append(two)
    }

    private mutating func set(_ place: Int, _ operation: Operation, _ one: Int, _ two: Int = 0) {
        operations[place] = operation
        first[place] = one
        second[place] = two
    }

    private mutating func emit(_ node: RegexNode) throws {
        switch node {
        case .empty: break
        case .runes(let set):
            if let rune = set.single {
                try add(.rune, Int(rune))
            } else {
                try add(.runes, classes.count)
                classes.append(set)
            }
        case .assertion(let assertion):
            try add(.assertion, assertions.count)
            assertions.append(assertion)
        case .group(let inner, let index):
            if let index { try add(.save, 2 * index) }
            try emit(inner)
            if let index { try add(.save, 2 * index + 1) }
        case .sequence(let nodes): for node in nodes { try emit(node) }
        case .alternatives(let nodes): try emit(alternatives: nodes)
        case .repetition(let inner, let least, let most, let isGreedy):
            try emit(inner, least: least, most: most, isGreedy: isGreedy)
        }
    }

    private mutating func emit(alternatives nodes: [RegexNode]) throws {
        var jumps: [Int] = []
        for (index, node) in nodes.enumerated() {
            let place = count
            if index < nodes.count - 1 { try add(.split) }
            try emit(node)
            guard index < nodes.count - 1 else { break }
            jumps.append(count)
            try add(.jump)
            set(place, .split, place + 1, count)
        }
        for jump in jumps { set(jump, .jump, count) }
    }

    private mutating func emit(_ node: RegexNode, least: Int, most: Int?, isGreedy: Bool) throws {
        for _ in 0..<max(most == nil ? least - 1 : least, 0) { try emit(node) }
        guard let most else { return try emitLoop(node, isOptional: least == 0, isGreedy: isGreedy) }
        // Each further one only after the one before: (x(x(x)?)?)?
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(count)
            try add(.split)
            try emit(node)
        }
        for split in splits { set(split, body: split + 1, isGreedy: isGreedy) }
    }

    /// `x+`, or `x*` when it is optional.
    private mutating func emitLoop(_ node: RegexNode, isOptional: Bool, isGreedy: Bool) throws {
        let start = count
        if isOptional { try add(.split) }
        let body = count
        try emit(node)
        let loop = count
        if isOptional, !node.canBeEmpty {
            try add(.jump, start)
        } else {
            try add(.split)
            set(loop, body: body, isGreedy: isGreedy)
        }
        if isOptional { set(start, body: body, isGreedy: isGreedy) }
    }

    /// A choice between what repeats and what comes next.
    private mutating func set(_ place: Int, body: Int, isGreedy: Bool) {
        if isGreedy { set(place, .split, body, count) } else { set(place, .split, count, body) }
    }
}

extension RegexClass {
    /// The one character in it, if it is that simple.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1, categories.isEmpty, !isNegated, !ignoresCase else { return nil }
        return ranges[0].lowerBound
    }
}
