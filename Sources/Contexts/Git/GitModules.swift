/// The addresses of a repository's submodules, as its `.gitmodules` has them (gitmodules(5), the syntax of
/// git-config(1)).
struct GitModules {
    /// By path in the tree.
    private(set) var addresses: [[UInt8]: String] = [:]

    init(_ bytes: some Collection<UInt8>) {
        var path: String?
        var address: String?
        func endSection(_ addresses: inout [[UInt8]: String]) {
            if let path, let address { addresses[cleanPath(path.utf8)] = address }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            var line = Self.trimmed(line)
            if line.hasPrefix("[") {
                endSection(&addresses)
                (path, address) = (nil, nil)
                // The first setting may stand on the same line.
                line = Self.trimmed(line[Self.end(ofHeader: line)...])
            }
            guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#"), !line.hasPrefix(";") else { continue }
            let value = Self.value(Self.trimmed(line[line.index(after: equals)...]))
            switch Self.trimmed(line[..<equals]).lowercased() {
            case "path": path = value
            case "url": address = value
            default: break
            }
        }
        endSection(&addresses)
    }

    /// The whole address of a submodule whose own may be relative to that of the repository around it.
    static func resolve(_ address: String, against remote: String) -> String {
        guard address.hasPrefix("./") || address.hasPrefix("../") else { return address }
        var base = Substring(remote)
        while base.hasSuffix("/") { base = base.dropLast() }
        var rest = Substring(address)
        while true {
            if rest.hasPrefix("./") {
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix("../") {
                rest = rest.dropFirst(3)
                guard let cut = base.lastIndex(where: { $0 == "/" || $0 == ":" }) else { return address }
                // The colon of `user@host:` stays.
                base = base[cut] == ":" ? base[...cut] : base[..<cut]
            } else {
                break
            }
        }
        return base.hasSuffix(":") ? String(base + rest) : "\(base)/\(rest)"
    }

    /// The place after the bracket that ends a section's header; brackets in its quoted name do not count.
    private static func end(ofHeader line: Substring) -> Substring.Index {
        var isQuoted = false
        var isEscaped = false
        for index in line.indices {
            switch line[index] {
            case _ where isEscaped: isEscaped = false
            case "\\": isEscaped = true
            case "\"": isQuoted.toggle()
            case "]" where !isQuoted: return line.index(after: index)
            default: break
            }
        }
        return line.endIndex
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var rest = text.drop { $0 == " " || $0 == "\t" }
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return rest
    }

    /// Without quotes, escapes and a comment at the end.
    private static func value(_ text: Substring) -> String {
        var result = ""
        var isQuoted = false
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if !isQuoted, character == "#" || character == ";" {
                return String(trimmed(Substring(result)))
            } else {
                result.append(character)
            }
        }
        return result
    }
}
