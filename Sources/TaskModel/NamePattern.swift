/// A pattern of names that are compared without case: `*` stands for any letters, `?` for one.
public struct NamePattern: Sendable, Hashable {
    public let text: String

    /// - Throws: ``InvalidName`` unless it has 1 to 100 letters, digits, `-`, `_`, `*` and `?`.
    public init(_ text: String) throws(InvalidName) {
        guard (1...100).contains(text.utf8.count),
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_*?".contains($0)) })
        else {
            throw InvalidName(
                text, kind: "pattern of names", rule: "use 1 to 100 letters, digits, '-' and '_', and '*' and '?'")
        }
        self.text = text
    }

    /// In time that is at most that of the two lengths multiplied.
    public func matches(_ name: String) -> Bool {
        let pattern = Array(text.lowercased().utf8)
        let name = Array(name.lowercased().utf8)
        var (inPattern, inName) = (0, 0)
        // Where the last star is, and up to where it reaches so far.
        var star: (pattern: Int, name: Int)?
        while inName < name.count {
            if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
                star = (inPattern, inName)
                inPattern += 1
            } else if inPattern < pattern.count,
                pattern[inPattern] == UInt8(ascii: "?") || pattern[inPattern] == name[inName]
            {
                inPattern += 1
                inName += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                inPattern = last.pattern + 1
                inName = last.name + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
