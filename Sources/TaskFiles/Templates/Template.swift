/// Fills variables of a run, and values given for it, into image names, log templates and task files: `app:{{.Run.ID}}`.
///
/// Of the template language (Go's `text/template`) it reads fields of the run's data, comments, and the `-` that trims
/// white space. Everything else is refused by name, and nothing is ever guessed.
public enum Template {
    /// The most that may come out of a template, in bytes: short ones can make long texts.
    static let maxBytes = 4 << 20

    /// Renders a template.
    ///
    /// `.Run.<Name>` and `.Build.ID` are known; a name that isn't renders as nothing, as in ACR Tasks.
    ///
    /// - Throws: ``TemplateError``; also when nothing comes out of a text that was not empty.
    public static func render(_ text: String, with run: RunVariables) throws(TemplateError) -> String {
        try render(text, with: TemplateData(run: run))
    }

    /// As ``render(_:with:)-(_,RunVariables)``, with `.Values.<name>` too.
    public static func render(_ text: String, with data: TemplateData) throws(TemplateError) -> String {
        var result = ""
        var rest = Substring(text)
        var trimsNext = false
        while let open = rest.firstRange(of: "{{") {
            var literal = rest[..<open.lowerBound]
            if trimsNext { literal = literal.trimmingStart }
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else {
                throw TemplateError.syntax(template: text, reason: "a '{{' has no '}}' after it")
            }
            var action = rest[..<close.lowerBound]
            rest = rest[close.upperBound...]
            if action.hasPrefix("-"), action.dropFirst().first?.isWhitespace == true {
                action = action.dropFirst()
                literal = literal.trimmingEnd
            }
            trimsNext = action.hasSuffix("-") && action.dropLast().last?.isWhitespace == true
            if trimsNext { action = action.dropLast() }
            result += literal
            result += try value(of: action, in: text, data)
            guard result.utf8.count <= maxBytes else { throw TemplateError.tooLarge(limit: maxBytes) }
        }
        result += trimsNext ? rest.trimmingStart : rest
        guard !result.isEmpty || text.isEmpty else { throw TemplateError.empty(template: text) }
        return result
    }

    private static func value(of action: Substring, in text: String, _ data: TemplateData) throws(TemplateError)
        -> String
    {
        if action.hasPrefix("/*"), action.hasSuffix("*/"), action.count >= 4 { return "" }
        let expression = action.trimmingStart.trimmingEnd
        guard !expression.isEmpty else {
            throw TemplateError.syntax(template: text, reason: "there is nothing between '{{' and '}}'")
        }
        try checkFunctions(of: expression, in: text)
        guard expression.hasPrefix("."), expression != "." else {
            throw .unsupported(template: text, what: name(expression))
        }
        guard !expression.contains(where: { $0.isWhitespace || $0 == "|" }) else {
            throw TemplateError.unsupported(template: text, what: "'\(expression)' (a pipeline or a call)")
        }
        let path = expression.dropFirst().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy(isIdentifier) else {
            throw TemplateError.syntax(template: text, reason: "'\(expression)' is no name of a variable")
        }
        return try field(path, in: text, data)
    }

    private static func field(_ path: [String], in text: String, _ data: TemplateData) throws(TemplateError) -> String {
        let known: Set<String> = ["Run", "Build", "Values", "Secrets"]
        if path == ["RunJSON"] || path == ["ValuesJSON"] || (path.count == 1 && known.contains(path[0])) {
            throw TemplateError.unsupported(template: text, what: "'.\(path[0])' as a whole")
        }
        guard path.count > 1 else { return "" }
        if path[0] == "Values" { return try value(at: path, in: text, data.values) }
        guard path.count == 2, known.contains(path[0]) else {
            throw noFields(known.contains(path[0]) ? path.dropLast() : path.prefix(1), path, in: text)
        }
        switch path[0] {
        case "Run": return data.run.value(of: path[1]) ?? ""
        case "Secrets": return data.secrets[path[1]] ?? ""
        case "Build": return path[1] == "ID" ? data.run.id : ""
        default: return ""
        }
    }

    private static func value(at path: [String], in text: String, _ values: [String: TemplateValue])
        throws(TemplateError) -> String
    {
        var value: TemplateValue? = .map(values)
        for (index, name) in path.enumerated().dropFirst() {
            guard case .map(let entries) = value else { throw noFields(path.prefix(index), path, in: text) }
            value = entries[name]
        }
        return value?.printed ?? ""
    }

    private static func noFields(_ owner: some Sequence<String>, _ path: [String], in text: String) -> TemplateError {
        let (owner, whole) = (owner.joined(separator: "."), path.joined(separator: "."))
        return .evaluation(template: text, reason: "'.\(owner)' has no fields, so there is no '.\(whole)'")
    }

    /// A function that nobody has is a mistake; one that is known is only not supported yet.
    private static func checkFunctions(of expression: Substring, in text: String) throws(TemplateError) {
        for stage in expression.split(separator: "|") {
            let word = stage.trimmingStart.prefix { !$0.isWhitespace && $0 != "(" }
            guard isIdentifier(String(word)), !keywords.contains(word), !["true", "false", "nil"].contains(word),
                !TemplateFunctions.names.contains(String(word))
            else { continue }
            throw TemplateError.syntax(template: text, reason: "there is no function '\(word)'")
        }
    }

    private static let keywords: Set<Substring> = [
        "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue",
    ]

    /// What an action that is no field is, in the words of the template language.
    private static func name(_ expression: Substring) -> String {
        let word = expression.prefix { !$0.isWhitespace && $0 != "(" && $0 != "|" }
        if keywords.contains(word) { return "'\(word)'" }
        return isIdentifier(String(word)) ? "function '\(word)'" : "'\(expression)'"
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.first, first.isLetter || first == "_" else { return false }
        return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    }
}

extension Substring {
    fileprivate var trimmingStart: Substring { drop { $0.isWhitespace } }

    fileprivate var trimmingEnd: Substring {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    fileprivate func firstRange(of pair: String) -> Range<Index>? {
        var start = startIndex
        while let found = self[start...].firstIndex(of: pair[pair.startIndex]) {
            let next = index(after: found)
            if next < endIndex, self[next] == pair[pair.index(after: pair.startIndex)] {
                return found..<index(after: next)
            }
            start = next
        }
        return nil
    }
}
