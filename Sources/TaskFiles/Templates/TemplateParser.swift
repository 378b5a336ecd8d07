/// Reads a template into a tree. Functions and variables that don't exist are found here.
struct TemplateParser {
    /// The most levels of control structures and parentheses.
    static let maxDepth = 64

    private var lexer: TemplateLexer
    private let work: TemplateWork
    /// Read already, the next at the end.
    private var pending: [TemplateToken] = []
    /// The names of variables in force, by their place in the frame.
    private var variables = TemplateVariables()
    private var depth = 0
    private var rangeDepth = 0
    private var definitions: [ByteString: [TemplateNode]] = [:]

    /// - Throws: ``TemplateFailure``
    static func parse(_ text: ByteString, _ work: TemplateWork) throws -> TemplateTree {
        var parser = TemplateParser(lexer: TemplateLexer(text), work: work)
        let (root, end) = try parser.nodes(isRoot: true)
        guard case .end = end.kind else { throw failure(at: end, "an '\(parser.word(end))' belongs to nothing") }
        return TemplateTree(text: text, root: root, definitions: parser.definitions)
    }

    private init(lexer: TemplateLexer, work: TemplateWork) {
        self.lexer = lexer
        self.work = work
    }

    // MARK: Words

    private mutating func next() throws -> TemplateToken {
        if let token = pending.popLast() { return token }
        try work.spend(12)
        return try lexer.next()
    }

    private mutating func nextAfterSpaces() throws -> TemplateToken {
        var token = try next()
        while token.kind == .space { token = try next() }
        return token
    }

    private mutating func peekAfterSpaces() throws -> TemplateToken {
        let token = try nextAfterSpaces()
        pending.append(token)
        return token
    }

    private func word(_ token: TemplateToken) -> String {
        String(decoding: lexer.text.bytes[token.range].prefix(50), as: UTF8.self)
    }

    private static func failure(at token: TemplateToken, _ reason: String) -> TemplateFailure {
        TemplateFailure(.syntax, at: token.range.lowerBound, reason)
    }

    private func unexpected(_ token: TemplateToken, in context: String) -> TemplateFailure {
        switch token.kind {
        case .rightDelimiter: Self.failure(at: token, "'}}' comes too early in \(context)")
        case .end: Self.failure(at: token, "the text ends in \(context)")
        default: Self.failure(at: token, "'\(word(token))' can't stand in \(context)")
        }
    }

    private mutating func expectClosing(_ context: String) throws {
        let token = try nextAfterSpaces()
        guard token.kind == .rightDelimiter else { throw unexpected(token, in: context) }
    }

    // MARK: Nodes

    /// - Returns: what stands before the next `end` or `else`, or the end of the text, and that word.
    private mutating func nodes(isRoot: Bool = false) throws -> (nodes: [TemplateNode], end: TemplateToken) {
        depth += 1
        defer { depth -= 1 }
        var nodes: [TemplateNode] = []
        while true {
            let token = try nextAfterSpaces()
            switch token.kind {
            case .text:
                nodes.append(TemplateNode(offset: token.range.lowerBound, kind: .text(token.range)))
                continue
            case .end: return (nodes, token)
            case .leftDelimiter: break
            default: throw unexpected(token, in: "a text")
            }
            guard depth <= Self.maxDepth else {
                throw Self.failure(at: token, "it has more than \(Self.maxDepth) levels")
            }
            let first = try nextAfterSpaces()
            guard first.kind == .keyword else {
                pending.append(first)
                let pipeline = try pipeline("an action", until: .rightDelimiter)
                nodes.append(TemplateNode(offset: first.range.lowerBound, kind: .action(pipeline)))
                continue
            }
            if word(first) == "end" || word(first) == "else" { return (nodes, first) }
            if let node = try control(first, isRoot: isRoot) { nodes.append(node) }
        }
    }

    /// - Returns: nil for a definition.
    private mutating func control(_ token: TemplateToken, isRoot: Bool) throws -> TemplateNode? {
        let offset = token.range.lowerBound
        switch word(token) {
        case "if": return TemplateNode(offset: offset, kind: try branches("if", token))
        case "with": return TemplateNode(offset: offset, kind: try branches("with", token))
        case "range": return TemplateNode(offset: offset, kind: try range(token))
        case "break", "continue":
            try expectClosing("'\(word(token))'")
            guard rangeDepth > 0 else { throw Self.failure(at: token, "'\(word(token))' is outside of a 'range'") }
            return TemplateNode(offset: offset, kind: word(token) == "break" ? .stop : .skip)
        case "template": return TemplateNode(offset: offset, kind: try template())
        case "block":
            let name = try templateName("'block'")
            let pipeline = try pipeline("'block'", until: .rightDelimiter)
            try define(name, token)
            return TemplateNode(offset: offset, kind: .template(name: name, pipeline))
        default:
            guard isRoot else { throw Self.failure(at: token, "a 'define' is inside of something else") }
            let name = try templateName("'define'")
            try expectClosing("'define'")
            try define(name, token)
            return nil
        }
    }

    private mutating func branches(_ keyword: String, _ start: TemplateToken) throws -> TemplateNode.Kind {
        let outer = variables.count
        defer { variables.remove(from: outer) }
        var branches: [TemplateNode.Branch] = []
        while true {
            let pipeline = try pipeline("'\(keyword)'", until: .rightDelimiter)
            let mark = variables.count
            let (body, end) = try nodes()
            variables.remove(from: mark)
            branches.append(TemplateNode.Branch(pipeline: pipeline, body: body))
            let setsDot = keyword == "with"
            if try isEnd(end, of: start) { return .branches(branches, otherwise: nil, setsDot: setsDot) }
            let next = try peekAfterSpaces()
            if next.kind == .keyword, word(next) == keyword {
                _ = try nextAfterSpaces()
                continue
            }
            return .branches(branches, otherwise: try otherwise(start), setsDot: setsDot)
        }
    }

    private mutating func range(_ start: TemplateToken) throws -> TemplateNode.Kind {
        let outer = variables.count
        defer { variables.remove(from: outer) }
        let pipeline = try pipeline("'range'", until: .rightDelimiter)
        rangeDepth += 1
        let mark = variables.count
        let (body, end) = try nodes()
        variables.remove(from: mark)
        rangeDepth -= 1
        return .range(pipeline, body: body, otherwise: try isEnd(end, of: start) ? nil : try otherwise(start))
    }

    private mutating func isEnd(_ token: TemplateToken, of start: TemplateToken) throws -> Bool {
        guard token.kind == .keyword else {
            throw Self.failure(at: start, "a '\(word(start))' has no 'end'")
        }
        guard word(token) == "end" else { return false }
        try expectClosing("'end'")
        return true
    }

    private mutating func otherwise(_ start: TemplateToken) throws -> [TemplateNode] {
        try expectClosing("'else'")
        let (body, end) = try nodes()
        guard try isEnd(end, of: start) else {
            throw Self.failure(at: end, "an 'else' comes after another")
        }
        return body
    }

    private mutating func template() throws -> TemplateNode.Kind {
        let name = try templateName("'template'")
        if try peekAfterSpaces().kind == .rightDelimiter {
            try expectClosing("'template'")
            return .template(name: name, nil)
        }
        return .template(name: name, try pipeline("'template'", until: .rightDelimiter))
    }

    private mutating func templateName(_ context: String) throws -> ByteString {
        let token = try nextAfterSpaces()
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, in: context) }
        return try string(token)
    }

    /// Reads what stands up to `end`, without the variables around it.
    private mutating func define(_ name: ByteString, _ start: TemplateToken) throws {
        let outer = (variables, rangeDepth)
        variables = TemplateVariables()
        rangeDepth = 0
        let (body, end) = try nodes()
        guard try isEnd(end, of: start) else { throw Self.failure(at: end, "an 'else' belongs to nothing") }
        (variables, rangeDepth) = outer
        // One of white space alone gives way to another.
        if let other = definitions[name], !isBlank(other) {
            guard isBlank(body) else {
                throw Self.failure(at: start, "the template '\(name.text.prefix(50))' is defined twice")
            }
            return
        }
        definitions[name] = body
    }

    private func isBlank(_ nodes: [TemplateNode]) -> Bool {
        nodes.allSatisfy { node in
            guard case .text(let range) = node.kind else { return false }
            return lexer.text.bytes[range].allSatisfy { $0 == 0x20 || (0x09...0x0d).contains($0) }
        }
    }

    // MARK: Pipelines

    private mutating func pipeline(_ context: String, until end: TemplateToken.Kind) throws -> TemplatePipeline {
        depth += 1
        defer { depth -= 1 }
        let offset = try peekAfterSpaces().range.lowerBound
        guard depth <= Self.maxDepth else {
            throw TemplateFailure(.syntax, at: offset, "it has more than \(Self.maxDepth) levels")
        }
        let places = try declarations(context)
        var commands: [TemplateCommand] = []
        while true {
            let token = try nextAfterSpaces()
            if token.kind == end { break }
            pending.append(token)
            guard isOperand(token) else { throw unexpected(token, in: context) }
            commands.append(try command())
        }
        guard !commands.isEmpty else {
            throw TemplateFailure(.syntax, at: offset, "there is no value in \(context)")
        }
        for command in commands.dropFirst() {
            switch command.operands[0].kind {
            case .dot where command.operands[0].fields.isEmpty, .null, .constant:
                throw TemplateFailure(.syntax, at: command.offset, "what stands after '|' is no function")
            default: break
            }
        }
        return TemplatePipeline(offset: offset, variables: places, commands: commands)
    }

    /// `$x :=`, `$x =`, `$i, $x :=`
    private mutating func declarations(_ context: String) throws -> [Int] {
        var places: [Int] = []
        var names: [TemplateToken] = []
        while true {
            let variable = try nextAfterSpaces()
            guard variable.kind == .variable else {
                pending.append(variable)
                break
            }
            let adjacent = try next()
            let operation = adjacent.kind == .space ? try nextAfterSpaces() : adjacent
            switch operation.kind {
            case .assign, .declare:
                names.append(variable)
                places = try names.map { name in try place(of: name, isNew: operation.kind == .declare) }
                return places
            case .comma:
                names.append(variable)
                guard context == "'range'", names.count < 2 else {
                    throw Self.failure(at: variable, "only a 'range' can set two variables, and no more")
                }
                continue
            default:
                pending.append(operation)
                if adjacent.kind == .space { pending.append(adjacent) }
                pending.append(variable)
            }
            break
        }
        guard let name = names.first else { return [] }
        throw Self.failure(at: name, "the variables of a 'range' have no ':=' after them")
    }

    private mutating func place(of token: TemplateToken, isNew: Bool) throws -> Int {
        let name = word(token)
        if isNew { return variables.add(name) }
        guard let place = variables.place(of: name) else {
            throw Self.failure(at: token, "there is no variable '\(name)'")
        }
        return place
    }

    private func isOperand(_ token: TemplateToken) -> Bool {
        switch token.kind {
        case .string, .rawString, .characterConstant, .number, .dot, .field, .variable, .identifier, .bool, .null,
            .leftParenthesis:
            true
        default: false
        }
    }

    private mutating func command() throws -> TemplateCommand {
        var operands: [TemplateOperand] = []
        while true {
            let token = try peekAfterSpaces()
            if isOperand(token) { operands.append(try operand()) }
            let separator = try next()
            switch separator.kind {
            case .space: continue
            case .rightDelimiter, .rightParenthesis: pending.append(separator)
            case .pipe: break
            default: throw unexpected(separator, in: "an action, after a value")
            }
            break
        }
        guard let first = operands.first else {
            throw unexpected(try peekAfterSpaces(), in: "an action")
        }
        return TemplateCommand(offset: first.offset, operands: operands)
    }

    private mutating func operand() throws -> TemplateOperand {
        let token = try nextAfterSpaces()
        let offset = token.range.lowerBound
        var fields: [ByteString] = []
        let kind: TemplateOperand.Kind
        var takesFields = true
        switch token.kind {
        case .identifier: kind = .function(try function(token))
        case .dot:
            kind = .dot
            takesFields = false
        case .field:
            kind = .dot
            fields = [ByteString(lexer.text.bytes[token.range].dropFirst())]
        case .variable: kind = .variable(try place(of: token, isNew: false))
        case .leftParenthesis: kind = .pipeline(try pipeline("parentheses", until: .rightParenthesis))
        case .null:
            kind = .null
            takesFields = false
        default:
            kind = .constant(try constant(token))
            takesFields = false
        }
        var following = try next()
        while following.kind == .field {
            guard takesFields else { throw unexpected(following, in: "an action, after a value without fields") }
            fields.append(ByteString(lexer.text.bytes[following.range].dropFirst()))
            following = try next()
        }
        pending.append(following)
        return TemplateOperand(offset: offset, kind: kind, fields: fields)
    }

    private func function(_ token: TemplateToken) throws -> TemplateFunction {
        let name = word(token)
        if let function = TemplateFunctions.table[name] { return function }
        if TemplateFunctions.refused.contains(name) {
            throw TemplateFailure(.unsupported, at: token.range.lowerBound, "the function '\(name)'")
        }
        throw Self.failure(at: token, "there is no function '\(name)'")
    }

    private func string(_ token: TemplateToken) throws -> ByteString {
        let inner = lexer.text.bytes[token.range].dropFirst().dropLast()
        if token.kind == .rawString { return ByteString(inner.filter { $0 != 0x0d }) }
        guard let text = GoQuote.unquoted(inner, quote: UInt8(ascii: "\"")) else {
            throw Self.failure(at: token, "\(word(token)) has an escape after '\\' that is not known")
        }
        return text
    }

    private func constant(_ token: TemplateToken) throws -> GoValue {
        let bytes = lexer.text.bytes[token.range]
        switch token.kind {
        case .bool: return .bool(bytes.count == 4)
        case .string, .rawString: return .string(try string(token))
        case .characterConstant:
            let inner = bytes.dropFirst().dropLast()
            // As an escape, a byte is a character of its own.
            if let text = GoQuote.unquoted(inner, quote: UInt8(ascii: "'")), !text.isEmpty {
                if inner.first == 0x5c, text.count == 1 { return .int(Int(text.bytes[0])) }
                let (rune, width) = text.rune(at: 0)
                if width == text.count { return .int(Int(rune)) }
            }
            throw Self.failure(at: token, "\(word(token)) is not one character")
        default:
            let text = ByteString(bytes)
            if let number = GoNumber.int(text) { return .int(number) }
            let isFraction = bytes.contains { ".eEpP".utf8.contains($0) }
            guard isFraction, let number = GoNumber.double(text) else {
                throw Self.failure(at: token, "'\(word(token))' is no number, or too large")
            }
            return .double(number)
        }
    }
}

/// The names of variables in force, and where in the frame they are.
private struct TemplateVariables {
    private var names = ["$"]
    private var places = ["$": [0]]

    var count: Int { names.count }

    mutating func add(_ name: String) -> Int {
        places[name, default: []].append(names.count)
        names.append(name)
        return names.count - 1
    }

    /// The latest of a name counts.
    func place(of name: String) -> Int? { places[name]?.last }

    mutating func remove(from place: Int) {
        while names.count > place, let name = names.popLast() { _ = places[name]?.popLast() }
    }
}
