/// Reads a template into a tree. Functions and variables that don't exist are found here.
struct TemplateParser {
    /// The most levels of control structures and parentheses.
    static let maxDepth = 64

    var lexer: TemplateLexer
    let work: TemplateWork
    /// Read already, the next at the end.
    var pending: [TemplateToken] = []
    /// The names of variables in force, by their place in the frame.
    var variables = TemplateVariables()
    var depth = 0
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

    mutating func next() throws -> TemplateToken {
        if let token = pending.popLast() { return token }
        try work.spend(12)
        return try lexer.next()
    }

    mutating func nextAfterSpaces() throws -> TemplateToken {
        var token = try next()
        while token.kind == .space { token = try next() }
        return token
    }

    mutating func peekAfterSpaces() throws -> TemplateToken {
        let token = try nextAfterSpaces()
        pending.append(token)
        return token
    }

    func word(_ token: TemplateToken) -> String {
        String(decoding: lexer.text.bytes[token.range].prefix(50), as: UTF8.self)
    }

    static func failure(at token: TemplateToken, _ reason: String) -> TemplateFailure {
        TemplateFailure(.syntax, at: token.range.lowerBound, reason)
    }

    func unexpected(_ token: TemplateToken, in context: String) -> TemplateFailure {
        switch token.kind {
        case .rightDelimiter: Self.failure(at: token, "'}}' comes too early in \(context)")
        case .end: Self.failure(at: token, "the text ends in \(context)")
        default: Self.failure(at: token, "'\(word(token))' can't stand in \(context)")
        }
    }

    mutating func expectClosing(_ context: String) throws {
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
}
