/// A rule rewritten as a regular expression, in the same way as the matcher that builders share does it: what is live
/// there is live here.
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

    /// Text that each path that matches must begin with, end with and hold; empty where that can't be told from the
    /// pattern alone.
    ///
    /// Most rules are about most paths wrong in one of these, which is quicker to see than that the expression does not
    /// match.
    static func literals(of pattern: [UInt8]) -> (prefix: [UInt8], suffix: [UInt8], middle: [UInt8]) {
        guard !pattern.contains(where: { "{}|^".utf8.contains($0) }), !hasLetterEscape(pattern),
            let text = String(validating: pattern, as: UTF8.self), !text.unicodeScalars.contains("\u{feff}")
        else { return ([], [], []) }
        var runs: [[UInt8]] = [[]]
        var rest = pattern[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                runs.append([])
                // A slash right after two stars belongs to them.
                if rest.first == .slash { rest = rest.dropFirst() }
            case UInt8(ascii: "?"), UInt8(ascii: "]"):
                runs.append([])
            case .backslash:
                // What a backslash stands before is itself, but not worth the trouble.
                if !rest.isEmpty { _ = takeScalar(&rest) }
                runs.append([])
            case UInt8(ascii: "["):
                runs.append([])
                while let member = rest.popFirst(), member != UInt8(ascii: "]") {
                    if member == .backslash { rest = rest.dropFirst() }
                }
            default:
                runs[runs.count - 1].append(byte)
            }
        }
        let middle = runs.dropFirst().dropLast().max { $0.count < $1.count } ?? []
        return (runs[0], runs.count > 1 ? runs[runs.count - 1] : [], middle)
    }

    /// Whether a letter or digit stands after a backslash, where it means something else than itself.
    static func hasLetterEscape(_ pattern: [UInt8]) -> Bool {
        var isEscaped = false
        for byte in pattern {
            if isEscaped, (0x41...0x5a).contains(byte & 0xdf) || (0x30...0x39).contains(byte) || byte >= 0x80 {
                return true
            }
            isEscaped = !isEscaped && byte == .backslash
        }
        return false
    }
}
