/// The aliases of one task file: short names for text, `$Registry`.
struct TaskAliases {
    /// Stands before a name.
    let directive: Character
    let texts: [String: String]

    /// What stands for itself: variables of the run.
    private static let variables = [
        "ID", "SharedVolume", "Registry", "RegistryName", "Date", "OS", "Architecture", "Commit", "Branch",
    ]

    /// Images with tools, as ACR Tasks of 2025 has them.
    private static let images = [
        "acr": "mcr.microsoft.com/acr/acr-cli:0.19",
        "az": "mcr.microsoft.com/acr/azure-cli:7fcc50e",
        "bash": "mcr.microsoft.com/acr/bash:7fcc50e",
        "curl": "mcr.microsoft.com/acr/curl:7fcc50e",
        "cssc": "mcr.microsoft.com/acr/cssc:7fcc50e",
    ]

    /// Those of the block win, then those of files, the last first, then the predefined ones.
    ///
    /// - Parameters:
    ///   - files: what is in the files that the block names, in its order.
    ///   - images: what the installation sets for names of images.
    init(_ block: AliasBlock, files: [[String: String]], images: [String: String]) {
        var texts = Self.images.merging(images) { _, own in own }
        for name in Self.variables { texts[name] = "{{.Run.\(name)}}" }
        for file in files + [block.values] { texts.merge(file) { _, own in own } }
        self.texts = texts
        directive = block.directive
    }

    /// Replaces the directive and a known name after it, everywhere; two directives become one. Text that is put in is
    /// not looked through again.
    ///
    /// - Returns: the text, and for each of its lines the line of the first text, from 0, that its begin came out of;
    ///   nil if it comes to more than that.
    func replacing(in text: String, maxBytes: Int) -> (text: String, lines: [Int])? {
        var result = ""
        var lines = [0]
        var line = 0
        func add(_ part: some StringProtocol, in written: some StringProtocol) {
            result += part
            var breaks = written.utf8.count { $0 == 0x0a }
            for byte in part.utf8 where byte == 0x0a {
                if breaks > 0 { (line, breaks) = (line + 1, breaks - 1) }
                lines.append(line)
            }
            line += breaks
        }
        var rest = text[...]
        while let start = rest.firstIndex(of: directive) {
            add(rest[..<start], in: rest[..<start])
            rest = rest[rest.index(after: start)...]
            if rest.first == directive {
                add(String(directive), in: String(directive) + String(directive))
                rest = rest.dropFirst()
                continue
            }
            let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
            let written = String(directive) + name
            add(texts[String(name)] ?? written, in: written)
            rest = rest.dropFirst(name.count)
            guard result.utf8.count <= maxBytes else { return nil }
        }
        add(rest, in: rest)
        return (result, lines)
    }

    /// Replaces an alias that is the whole first word of a command, without a directive.
    func replacingFirstWord(of command: String) -> String {
        let start = command.firstIndex { !$0.isWhitespace } ?? command.endIndex
        let word = command[start...].prefix { !$0.isWhitespace }
        return texts[String(word)].map { command[..<start] + $0 + command[word.endIndex...] } ?? command
    }
}
