/// Pipelines: commands, their operands, and the variables that they set.
extension TemplateParser {
    mutating func pipeline(_ context: String, until end: TemplateToken.Kind) throws -> TemplatePipeline {
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

    func string(_ token: TemplateToken) throws -> ByteString {
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
