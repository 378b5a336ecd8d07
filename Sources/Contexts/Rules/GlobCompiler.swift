/// Turns an expression into a program of single steps.
struct GlobCompiler {
    /// Bounds what repetitions of repetitions may grow to.
    private static let maxInstructions = 20_000

    private(set) var program: [GlobExpression.Instruction] = []

    mutating func add(_ node: GlobNode) throws(IgnoreRule.Invalid) {
        guard program.count < Self.maxInstructions else {
            throw IgnoreRule.Invalid(reason: "its repetitions are too many")
        }
        switch node {
        case .empty: break
        case .scalar(let scalar): program.append(.scalar(scalar))
        case .set(let set): program.append(.set(set))
        case .assertion(let assertion): program.append(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try add(node) }
        case .alternatives(let nodes): try add(alternatives: nodes)
        case .repeated(let node, let low, let high): try add(node, from: low, to: high)
        }
    }

    private mutating func add(alternatives nodes: [GlobNode]) throws(IgnoreRule.Invalid) {
        var ends: [Int] = []
        for (index, node) in nodes.enumerated() {
            guard index < nodes.count - 1 else {
                try add(node)
                break
            }
            let split = program.count
            program.append(.split(split + 1, 0))
            try add(node)
            ends.append(program.count)
            program.append(.jump(0))
            program[split] = .split(split + 1, program.count)
        }
        for end in ends { program[end] = .jump(program.count) }
    }

    private mutating func add(_ node: GlobNode, from low: Int, to high: Int?) throws(IgnoreRule.Invalid) {
        for _ in 0..<low { try add(node) }
        guard let high else {
            let split = program.count
            program.append(.split(split + 1, 0))
            try add(node)
            program.append(.jump(split))
            program[split] = .split(split + 1, program.count)
            return
        }
        var splits: [Int] = []
        for _ in low..<max(low, high) {
            splits.append(program.count)
            program.append(.split(program.count + 1, 0))
            try add(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}
