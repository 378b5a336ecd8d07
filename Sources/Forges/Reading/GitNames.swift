/// Checks of what forges tell against git's own grammar.
enum GitNames {
    /// An id of 40 or 64 hexadecimal digits, in lower case; nil for one of zeros, which stands for nothing.
    ///
    /// - Throws: ``ForgeError/unreadable(_:)``
    static func commit(_ text: String, _ what: String) throws(ForgeError) -> String? {
        guard text.utf8.count == 40 || text.utf8.count == 64, isHexadecimal(text) else {
            throw .unreadable("\(what) is no commit")
        }
        return text.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : text.lowercased()
    }

    /// The same of one that must not be zeros.
    static func existingCommit(_ text: String?, _ what: String) throws(ForgeError) -> String {
        guard let text, let commit = try commit(text, what) else { throw .unreadable("\(what) is missing") }
        return commit
    }

    /// The full name of a ref.
    static func ref(_ text: String, _ what: String) throws(ForgeError) -> String {
        guard text.hasPrefix("refs/"), isName(text) else { throw .unreadable("\(what) is no name of a ref") }
        return text
    }

    /// The full name of a branch or a tag that is told without its beginning.
    static func ref(_ name: String, below prefix: String, _ what: String) throws(ForgeError) -> String {
        try ref(prefix + name, what)
    }

    /// The name of a branch, from that or from its full name.
    static func branch(_ text: String, _ what: String) throws(ForgeError) -> String {
        let prefix = "refs/heads/"
        let name = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        guard isName(name) else { throw .unreadable("\(what) is no name of a branch") }
        return name
    }

    static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x46).contains($0) || (0x61...0x66).contains($0)
        }
    }

    /// git-check-ref-format, and nothing that begins with a dash.
    private static func isName(_ name: String) -> Bool {
        guard (1...1024).contains(name.utf8.count), !name.hasPrefix("-"), !name.contains(".."), !name.contains("@{"),
            name != "@", !name.hasSuffix("."),
            !name.unicodeScalars.contains(where: {
                $0.value <= 0x20 || (0x7f...0x9f).contains($0.value) || "~^:?*[\\".unicodeScalars.contains($0)
            })
        else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
        }
    }
}

extension String {
    /// A forge's own word for something, fit for logs: anything but letters, digits and a few marks is left out.
    var asLabel: String {
        String(
            unicodeScalars.filter {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789_.:-".unicodeScalars.contains($0))
            }.prefix(64).map(Character.init))
    }

    /// The first line, without controls, of at most 200 characters.
    var asTitle: String {
        let line = prefix { !$0.isNewline }.prefix(200)
        return String(
            String.UnicodeScalarView(line.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }

    /// A URL without the login that it may have. The user of ssh belongs to the address and stays.
    var withoutLogin: String {
        guard let scheme = ["https://", "http://"].first(where: { lowercased().hasPrefix($0) }) else { return self }
        let authority = dropFirst(scheme.count).prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return self }
        return String(prefix(scheme.count) + self[index(after: at)...])
    }
}
