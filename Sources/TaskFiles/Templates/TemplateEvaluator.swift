/// Fills in a template, as Go's text/template does.
struct TemplateEvaluator {
    /// The most templates that call each other.
    static let maxTemplates = 40
    /// The most levels of all kinds.
    static let maxDepth = 100

    private enum Outcome {
        case done, stop, skip
    }

    private let tree: TemplateTree
    private let work: TemplateWork
    private var output = ByteString([])
    /// The variables of the template in hand.
    private var frame: [GoValue]
    private var templates = 0
    private var depth = 0

    /// - Parameter data: the dot, and `$`.
    /// - Throws: ``TemplateFailure``
    static func run(_ tree: TemplateTree, with data: GoValue, _ work: TemplateWork) throws -> ByteString {
        var evaluator = TemplateEvaluator(tree: tree, work: work, frame: [data])
        _ = try evaluator.walk(tree.root, data)
        return evaluator.output
    }

    private init(tree: TemplateTree, work: TemplateWork, frame: [GoValue]) {
        self.tree = tree
        self.work = work
        self.frame = frame
    }

    private func failure(at offset: Int, _ reason: String) -> TemplateFailure {
        TemplateFailure(.evaluation, at: offset, reason)
    }

    private mutating func enter(at offset: Int) throws {
        depth += 1
        guard depth <= Self.maxDepth else {
            throw failure(at: offset, "it has more than \(Self.maxDepth) levels")
        }
    }

    private mutating func write(_ bytes: some Collection<UInt8>) throws {
        guard output.count + bytes.count <= Template.maxBytes else { throw TemplateFailure(.tooLarge, "") }
        output.bytes.append(contentsOf: bytes)
    }

    // MARK: Nodes

    private mutating func walk(_ nodes: [TemplateNode], _ dot: GoValue) throws -> Outcome {
        guard let first = nodes.first else { return .done }
        try enter(at: first.offset)
        defer { depth -= 1 }
        for node in nodes {
            try work.spend(1)
            let outcome = try walk(node, dot)
            if outcome != .done { return outcome }
        }
        return .done
    }

    private mutating func walk(_ node: TemplateNode, _ dot: GoValue) throws -> Outcome {
        switch node.kind {
        case .text(let range): try write(tree.text.bytes[range])
        case .action(let pipeline):
            let value = try self.value(of: pipeline, dot)
            guard pipeline.variables.isEmpty else { break }
            do {
                try write(try GoPrinter.shown(value, work).bytes)
            } catch var failure as TemplateFailure {
                failure.offset = failure.offset ?? node.offset
                throw failure
            }
        case .branches(let branches, let otherwise, let setsDot):
            for branch in branches {
                let value = try self.value(of: branch.pipeline, dot)
                if value.isTrue { return try walk(branch.body, setsDot ? value : dot) }
            }
            if let otherwise { return try walk(otherwise, dot) }
        case .range(let pipeline, let body, let otherwise):
            return try walk(pipeline, body, otherwise, dot)
        case .template(let name, let pipeline): try call(name, pipeline, dot, at: node.offset)
        case .stop: return .stop
        case .skip: return .skip
        }
        return .done
    }

    private mutating func walk(
        _ pipeline: TemplatePipeline, _ body: [TemplateNode], _ otherwise: [TemplateNode]?, _ dot: GoValue
    ) throws -> Outcome {
        let value = try self.value(of: pipeline, dot, setsVariables: false)
        var isEmpty = true
        func repeated(_ index: GoValue, _ item: GoValue) throws -> Bool {
            isEmpty = false
            try work.spend(1)
            if let last = pipeline.variables.last { set(last, item) }
            if pipeline.variables.count == 2 { set(pipeline.variables[0], index) }
            return try walk(body, item) != .stop
        }
        switch value {
        case .null: break
        case .list(let items, _, _):
            for (index, item) in items.enumerated() where try !repeated(.int(index), item) { break }
        case .map(let map):
            try work.spend(map.entries.count * 4)
            for (key, item) in map.sorted where try !repeated(.string(key), item) { break }
        case .int(let count, _):
            var index = 0
            while index < count, try repeated(.int(index), .int(index)) { index += 1 }
        default: throw failure(at: pipeline.offset, "'range' can't go through a \(value.typeName)")
        }
        if isEmpty, let otherwise { return try walk(otherwise, dot) }
        return .done
    }

    private mutating func call(_ name: ByteString, _ pipeline: TemplatePipeline?, _ dot: GoValue, at offset: Int) throws
    {
        guard let body = tree.definitions[name] else {
            throw failure(at: offset, "there is no template '\(name.text.prefix(50))'")
        }
        guard templates < Self.maxTemplates else {
            throw failure(at: offset, "more than \(Self.maxTemplates) templates call each other")
        }
        let value = try pipeline.map { pipeline in try self.value(of: pipeline, dot) } ?? .null
        let outer = frame
        frame = [value]
        templates += 1
        _ = try walk(body, value)
        templates -= 1
        frame = outer
    }

    private mutating func set(_ variable: Int, _ value: GoValue) {
        while frame.count <= variable { frame.append(.null) }
        frame[variable] = value
    }

    // MARK: Values

    private mutating func value(of pipeline: TemplatePipeline, _ dot: GoValue, setsVariables: Bool = true) throws
        -> GoValue
    {
        try enter(at: pipeline.offset)
        defer { depth -= 1 }
        var value: GoValue?
        for command in pipeline.commands { value = try self.value(of: command, dot, last: value) }
        let result = value ?? .null
        if setsVariables { for variable in pipeline.variables { set(variable, result) } }
        return result
    }

    /// - Parameter last: what came out of the command before it; it is the last argument.
    private mutating func value(of command: TemplateCommand, _ dot: GoValue, last: GoValue?) throws -> GoValue {
        let first = command.operands[0]
        if case .function(let function) = first.kind, first.fields.isEmpty {
            return try call(function, command, dot, last: last)
        }
        guard command.operands.count == 1, last == nil else {
            throw failure(at: command.offset, "what is no function can't have arguments")
        }
        if case .null = first.kind { throw failure(at: command.offset, "'nil' by itself is nothing to do") }
        return try value(of: first, dot)
    }

    private mutating func value(of operand: TemplateOperand, _ dot: GoValue) throws -> GoValue {
        try work.spend(1)
        let value: GoValue
        switch operand.kind {
        case .dot: value = dot
        case .null: value = .null
        case .constant(let constant): value = constant
        case .variable(let place): value = frame.indices.contains(place) ? frame[place] : .null
        case .function(let function):
            let command = TemplateCommand(offset: operand.offset, operands: [operand])
            value = try call(function, command, dot, last: nil)
        case .pipeline(let pipeline): value = try self.value(of: pipeline, dot)
        }
        return operand.fields.isEmpty ? value : try field(of: value, operand)
    }

    /// Goes along `.Run.ID`. A name that a map has not is missing, and a field of that is an error; of nothing at all
    /// there is nothing.
    private func field(of value: GoValue, _ operand: TemplateOperand) throws -> GoValue {
        if value.isNull { return .null }
        var value = value
        for (index, name) in operand.fields.enumerated() {
            try work.spend(1)
            switch value {
            case .map(let map): value = map[name]
            case .version(let version):
                guard let field = version.field(name.text) else { throw noField(index, operand, value) }
                value = field
            case .time:
                throw TemplateFailure(.unsupported, at: operand.offset, "'.\(name.text.prefix(50))' of a time")
            default: throw noField(index, operand, value)
            }
        }
        return value
    }

    private func noField(_ index: Int, _ operand: TemplateOperand, _ value: GoValue) -> TemplateFailure {
        let names = operand.fields.prefix(20).map { String($0.text.prefix(50)) }
        let whole = names.joined(separator: ".")
        guard index > 0, index <= names.count else {
            return failure(at: operand.offset, "a \(value.typeName) has no field '\(whole)'")
        }
        let owner = names.prefix(index).joined(separator: ".")
        let reason = value.isNull ? "there is no '.\(owner)'" : "'.\(owner)' has no fields"
        return failure(at: operand.offset, "\(reason), so there is no '.\(whole)'")
    }

    // MARK: Calls

    private mutating func call(
        _ function: TemplateFunction, _ command: TemplateCommand, _ dot: GoValue, last: GoValue?
    ) throws -> GoValue {
        let count = command.operands.count - 1 + (last == nil ? 0 : 1)
        guard count >= function.least, count <= function.most ?? .max else {
            let wanted = function.most == function.least ? "\(function.least)" : "at least \(function.least)"
            let most = function.most.map { $0 == function.least ? "" : " and at most \($0)" } ?? ""
            throw failure(at: command.offset, "'\(function.name)' takes \(wanted)\(most) arguments, not \(count)")
        }
        guard case .plain(let body) = function.body else {
            return try decide(command, dot, last: last, until: function.name == "or")
        }
        var arguments: [GoValue] = []
        arguments.reserveCapacity(count)
        for operand in command.operands.dropFirst() { arguments.append(try self.value(of: operand, dot)) }
        if let last { arguments.append(last) }
        try work.spend(arguments.reduce(4) { $0 + $1.weight })
        do {
            let value = try body(TemplateCall(name: function.name, arguments: arguments, work: work))
            guard value.depth <= GoValue.maxDepth else {
                throw TemplateFailure(.evaluation, "it makes lists of more than \(GoValue.maxDepth) levels")
            }
            return value
        } catch var failure as TemplateFailure {
            failure.offset = failure.offset ?? command.offset
            throw failure
        }
    }

    /// `and`, `or`: the first argument that decides, else the last.
    private mutating func decide(
        _ command: TemplateCommand, _ dot: GoValue, last: GoValue?, until deciding: Bool
    ) throws -> GoValue {
        var value = GoValue.null
        for operand in command.operands.dropFirst() {
            value = try self.value(of: operand, dot)
            if value.isTrue == deciding { return value }
        }
        return last ?? value
    }
}

extension SemanticVersion {
    /// What Go's has as methods.
    fileprivate func field(_ name: String) -> GoValue? {
        switch name {
        case "Major": .int(Int(bitPattern: major), .uint64)
        case "Minor": .int(Int(bitPattern: minor), .uint64)
        case "Patch": .int(Int(bitPattern: patch), .uint64)
        case "Prerelease": .text(prerelease)
        case "Metadata": .text(metadata)
        case "Original": .text(original)
        case "String": .text(description)
        default: nil
        }
    }
}
