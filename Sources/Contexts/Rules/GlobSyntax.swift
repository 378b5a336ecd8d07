/// The check that builders make of each rule before anything else: the grammar of Go's `filepath.Match`.
enum GlobSyntax {
    /// What is wrong with a pattern; nil if nothing is.
    static func problem(in pattern: [UInt8]) -> String? {
        var rest = pattern[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "["):
                if let problem = classProblem(&rest) { return problem }
            case .backslash:
                guard rest.popFirst() != nil else { return "it ends with a single backslash" }
            default: break
            }
        }
        return nil
    }

    /// Takes what follows a `[`, its `]` included.
    private static func classProblem(_ rest: inout ArraySlice<UInt8>) -> String? {
        if rest.first == UInt8(ascii: "^") { rest = rest.dropFirst() }
        var isEmpty = true
        while true {
            if rest.first == UInt8(ascii: "]"), !isEmpty {
                rest = rest.dropFirst()
                return nil
            }
            guard let low = member(&rest) else { return "its '[' opens no valid set of characters" }
            if rest.first == UInt8(ascii: "-") {
                rest = rest.dropFirst()
                guard let high = member(&rest) else { return "a range of characters has no end" }
                guard low <= high else { return "a range of characters runs backwards" }
            }
            isEmpty = false
        }
    }

    private static func member(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let first = rest.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "]") else { return nil }
        if first == .backslash { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return nil }
        return takeScalar(&rest)
    }
}
