/// A rule rewritten as a regular expression, in the same way as the matcher that builders share does it: what is live there is live here.
struct GlobTranslation {
    enum Shape {
        case exact
        case prefix
        case suffix
        case expression
    }

    private(set) var shape = Shape.exact
    /// RE2 syntax, one code point an element; means something for ``Shape/expression`` alone.
    private(set) var expression: [Unicode.Scalar] = []

    init(_ pattern: [UInt8]) {
        var rest = pattern[...]
        // The reference's scanner drops a byte order mark.
        if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
        add("^")
        var isFirst = true
        while !rest.isEmpty {
            let scalar = takeScalar(&rest)
            switch scalar {
            case "*" where rest.first == UInt8(ascii: "*"):
                rest = rest.dropFirst()
                if rest.first == .slash { rest = rest.dropFirst() }
                if rest.isEmpty {
                    if shape == .exact {
                        shape = .prefix
                    } else {
                        add(".*")
                        shape = .expression
                    }
                } else {
                    add("(.*/)?")
                    shape = .expression
                }
                if isFirst { shape = .suffix }
            case "*":
                add("[^/]*")
                shape = .expression
            case "?":
                add("[^/]")
                shape = .expression
            case ".", "+", "(", ")", "$":
                expression += ["\\", scalar]
            case "\\":
                add("\\")
                guard !rest.isEmpty else { break }
                expression.append(takeScalar(&rest))
                shape = .expression
            case "[", "]":
                expression.append(scalar)
                shape = .expression
            default:
                expression.append(scalar)
            }
            isFirst = false
        }
        add("$")
    }

    private mutating func add(_ text: String) {
        expression += text.unicodeScalars
    }

    /// What each path that matches must begin and end with; empty where that can't be told from the text alone.
    static func literalEnds(of pattern: [UInt8]) -> (prefix: [UInt8], suffix: [UInt8]) {
        guard !pattern.contains(where: { "{}|^".utf8.contains($0) }), !hasLetterEscape(pattern),
            String(validating: pattern, as: UTF8.self) != nil, !pattern.starts(with: [0xef, 0xbb, 0xbf])
        else { return ([], []) }
        let prefix = pattern.prefix { !"*?[]\\".utf8.contains($0) }
        guard let last = pattern.lastIndex(where: { "*?[]\\".utf8.contains($0) }) else { return (Array(prefix), []) }
        var suffix = pattern[(last + 1)...]
        if pattern[last] == .backslash {
            // The character after it may be several bytes long.
            suffix = suffix.drop { $0 >= 0x80 }
            if suffix.startIndex == last + 1 { suffix = suffix.dropFirst() }
        }
        // A slash right after two stars belongs to them.
        if pattern[last] == UInt8(ascii: "*"), suffix.first == .slash { suffix = suffix.dropFirst() }
        return (Array(prefix), Array(suffix))
    }

    /// Whether a letter or digit stands after a backslash, where it means something else than itself.
    static func hasLetterEscape(_ pattern: [UInt8]) -> Bool {
        var isEscaped = false
        for byte in pattern {
            if isEscaped, (0x41...0x5a).contains(byte & 0xdf) || (0x30...0x39).contains(byte) || byte >= 0x80 { return true }
            isEscaped = !isEscaped && byte == .backslash
        }
        return false
    }
}
