/// Regular expressions. One that isn't one is an error in all of them.
extension TemplateFunctions {
    mutating func addRegexes() {
        add("regexMatch", "mustRegexMatch", takes: 2) { call in
            .bool(try call.regex().matches(try call.string(1), call.work))
        }
        add("regexFind", "mustRegexFind", takes: 2) { call in
            .string(try call.regex().find(in: try call.string(1), call.work) ?? "")
        }
        add("regexFindAll", "mustRegexFindAll", takes: 3) { call in
            let text = try call.string(1)
            let found = try call.regex().findAll(in: text, limit: try call.int(2), call.work)
            return try call.made(
                found.map { .string(ByteString(text.bytes[$0])) }, found.isEmpty ? .noStrings : .strings)
        }
        add("regexReplaceAll", "mustRegexReplaceAll", takes: 3) { call in try call.replaced(isLiteral: false) }
        add("regexReplaceAllLiteral", "mustRegexReplaceAllLiteral", takes: 3) { call in
            try call.replaced(isLiteral: true)
        }
        add("regexSplit", "mustRegexSplit", takes: 3) { call in
            let limit = try call.int(2)
            let parts = try call.regex().split(try call.string(1), limit: limit, call.work)
            return try call.made(parts.map { .string($0) }, limit == 0 ? .noStrings : .strings)
        }
        add("regexQuoteMeta", takes: 1) { call in try call.made(RegexEscapes.quoted(try call.string(0))) }
    }
}

extension TemplateCall {
    fileprivate func regex() throws -> LinearRegex { try work.regex(try string(0)) }

    fileprivate func replaced(isLiteral: Bool) throws -> GoValue {
        try made(
            try regex().replacing(in: try string(1), with: try string(2), isLiteral: isLiteral, work))
    }
}
