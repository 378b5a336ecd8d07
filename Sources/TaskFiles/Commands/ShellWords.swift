/// A command line cut into words as a POSIX shell does (Shell Command Language, sections 2.2 and 2.3): quotes and
/// backslashes are taken off.
///
/// What a shell would do besides (pipes, redirections, variables, several commands) is refused by name:
/// ``CommandProblem/needsShell(_:)``.
struct ShellWords {
    let words: [String]

    /// - Throws: ``CommandProblem``.
    init(_ line: String) throws(CommandProblem) {
        var lexer = ShellLexer(line)
        words = try lexer.words()
    }
}

private struct ShellLexer {
    private var rest: Substring.UnicodeScalarView
    private var result: [String] = []
    /// Nil between words.
    private var word: String?
    private var hasPattern = false
    /// Where in ``word`` the first `[` outside of quotes is.
    private var bracket: Int?

    init(_ line: String) {
        rest = Substring(line).unicodeScalars
    }

    mutating func words() throws(CommandProblem) -> [String] {
        while let next = rest.popFirst() {
            switch next {
            case " ", "\t": try end()
            case "\n":
                try end()
                guard result.isEmpty || rest.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\n" }) else {
                    throw .needsShell(
                        "a command of several lines")
                }
            case "'": try singleQuoted()
            case "\"": try doubleQuoted()
            case "\\":
                // At the end of a line both go.
                guard let escaped = rest.popFirst() else { add("\\"); continue }
                if escaped != "\n" { add(escaped) }
            case "#" where word == nil: rest = rest.drop { $0 != "\n" }
            case "$": try dollar()
            case "`": throw .needsShell("'`' (a command within the command)")
            case "|", "&", ";", "<", ">", "(", ")":
                throw .needsShell(
                    "'\(next)' outside of quotes (several commands, pipes, files)")
            case "~" where word == nil:
                throw .needsShell("'~' at the begin of a word")
            case "*", "?":
                hasPattern = true
                add(next)
            case "[":
                bracket = bracket ?? word?.utf8.count ?? 0
                add(next)
            case "]":
                // Brackets with nothing between them are themselves.
                if let bracket, let word, word.utf8.count > bracket + 1 { hasPattern = true }
                add(next)
            default: add(next)
            }
        }
        try end()
        return result
    }

    private mutating func add(_ scalar: Unicode.Scalar) {
        // In place: a word may be long.
        if word == nil { word = "" }
        word?.unicodeScalars.append(scalar)
    }

    private mutating func end() throws(CommandProblem) {
        guard let ended = word else { return }
        // A shell leaves a pattern that fits no file as it is, and no file is called like a URL.
        guard !hasPattern || ended.contains("://") else {
            throw .needsShell("the pattern '\(ended)' outside of quotes")
        }
        result.append(ended)
        word = nil
        hasPattern = false
        bracket = nil
    }

    private mutating func singleQuoted() throws(CommandProblem) {
        guard let end = rest.firstIndex(of: "'") else { throw .syntax("a ' has no other after it") }
        if word == nil { word = "" }
        word?.unicodeScalars.append(contentsOf: rest[..<end])
        rest = rest[rest.index(after: end)...]
    }

    private mutating func doubleQuoted() throws(CommandProblem) {
        word = word ?? ""
        while let next = rest.popFirst() {
            switch next {
            case "\"": return
            case "$": try dollar()
            case "`": throw .needsShell("'`' (a command within the command)")
            case "\\":
                guard let escaped = rest.popFirst() else { throw .syntax("a \" has no other after it") }
                switch escaped {
                case "\n": break
                case "$", "`", "\"", "\\": add(escaped)
                default:
                    add("\\")
                    add(escaped)
                }
            default: add(next)
            }
        }
        throw .syntax("a \" has no other after it")
    }

    /// A `$` that begins nothing is itself.
    private mutating func dollar() throws(CommandProblem) {
        guard let next = rest.first else { return add("$") }
        if next == "(" { throw .needsShell("'$(' (a command within the command)") }
        let isName = next == "_" || (next.isASCII && next.properties.isAlphabetic)
        guard isName || next == "{" || "0123456789@*#?-$!".unicodeScalars.contains(next) else { return add("$") }
        let name =
            isName
            ? String(
                rest.prefix {
                    $0 == "_" || $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
                }) : String(Character(next))
        throw .needsShell("the shell variable '$\(name)' outside of single quotes (and no alias of the file)")
    }
}
