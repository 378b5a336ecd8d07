/// One instruction of a Dockerfile, its continuation lines joined.
struct Instruction: Sendable {
    /// In upper case.
    let keyword: String
    /// `--name=value` words before the arguments, quotes removed.
    let flags: [String]
    let arguments: String
    /// Of its first line, from 1.
    let line: Int
}

/// Cuts a Dockerfile into instructions as BuildKit does: parser directives, comments, continuation lines,
/// here-documents.
struct DockerfileReader {
    private(set) var instructions: [Instruction] = []
    private(set) var notes: [String] = []
    /// The image of the frontend (`# syntax=`).
    private(set) var syntax: String?
    private(set) var escape = UInt8(ascii: "\\")

    private var lines: [ArraySlice<UInt8>]
    private var next = 0

    init(_ bytes: [UInt8]) {
        let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
        lines = bytes[(bytes.starts(with: byteOrderMark) ? 3 : 0)...].split(
            separator: 0x0a, omittingEmptySubsequences: false
        ).map { line in
            line.last == 0x0d ? line.dropLast() : line
        }
        readDirectives()
        while next < lines.count { readInstruction() }
    }

    // MARK: Directives

    /// `# key=value` lines, up to the first line that is none.
    private mutating func readDirectives() {
        while next < lines.count {
            let text = trimmed(lines[next])
            guard text.first == UInt8(ascii: "#"), let equals = text.firstIndex(of: UInt8(ascii: "=")) else { return }
            let key = String(decoding: trimmed(text[(text.startIndex + 1)..<equals]), as: UTF8.self).lowercased()
            let value = trimmed(text[(equals + 1)...])
            guard !key.isEmpty, key.utf8.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) }),
                !value.isEmpty
            else { return }
            switch key {
            case "syntax": syntax = String(decoding: value, as: UTF8.self)
            case "escape":
                if value.count == 1, let character = value.first,
                    character == UInt8(ascii: "\\") || character == UInt8(ascii: "`")
                {
                    escape = character
                }
            default: break
            }
            next += 1
        }
    }

    // MARK: Instructions

    private mutating func readInstruction() {
        let first = next
        let start = trimmedStart(lines[next])
        next += 1
        guard !start.isEmpty, start.first != UInt8(ascii: "#") else { return }
        var (text, continues) = withoutContinuation(start)
        while continues, next < lines.count {
            let line = lines[next]
            next += 1
            let content = trimmedStart(line)
            if content.isEmpty || content.first == UInt8(ascii: "#") { continue }
            let (part, more) = withoutContinuation(line)
            text += part
            continues = more
        }
        append(text, line: first + 1)
    }

    private mutating func append(_ text: [UInt8], line: Int) {
        let bytes = trimmed(text[...])
        let keywordEnd = bytes.firstIndex(where: isSpace) ?? bytes.endIndex
        let keyword = String(decoding: bytes[..<keywordEnd], as: UTF8.self).uppercased()
        let rest = trimmed(bytes[keywordEnd...])
        skipHereDocuments(of: keyword, rest, line: line)
        let (flags, arguments) = splitFlags(rest)
        instructions.append(
            Instruction(
                keyword: keyword, flags: flags, arguments: String(decoding: arguments, as: UTF8.self), line: line))
    }

    /// A line goes on when it ends in an escape that is not itself escaped; white space may follow.
    private func withoutContinuation(_ line: ArraySlice<UInt8>) -> ([UInt8], continues: Bool) {
        let end = trimmedEnd(line)
        guard end.last == escape, end.dropLast().last != escape else { return (Array(line), false) }
        return (Array(end.dropLast()), true)
    }

    private func splitFlags(_ text: ArraySlice<UInt8>) -> (flags: [String], arguments: ArraySlice<UInt8>) {
        var flags: [String] = []
        var rest = text
        while rest.starts(with: Array("--".utf8)) {
            let word = firstWord(of: rest)
            rest = trimmedStart(rest[word.endIndex...])
            if word.count == 2 { break }
            flags.append(String(decoding: unquoted(word), as: UTF8.self))
        }
        return (flags, rest)
    }

    // MARK: Here-documents

    private mutating func skipHereDocuments(of keyword: String, _ arguments: ArraySlice<UInt8>, line: Int) {
        var (keyword, rest) = (keyword, arguments)
        if keyword == "ONBUILD" {
            let word = firstWord(of: rest)
            keyword = String(decoding: word, as: UTF8.self).uppercased()
            rest = trimmedStart(rest[word.endIndex...])
        }
        // Arguments in JSON form hold no here-documents.
        guard ["RUN", "COPY", "ADD"].contains(keyword), rest.first != UInt8(ascii: "[") else { return }
        while !rest.isEmpty {
            let word = firstWord(of: rest)
            rest = trimmedStart(rest[word.endIndex...])
            guard let (end, stripsTabs) = hereDocument(word) else { continue }
            skip(to: end, stripsTabs: stripsTabs, line: line)
        }
    }

    /// `[digits]<<[-]END`: the word that ends it.
    private func hereDocument(_ word: ArraySlice<UInt8>) -> (end: [UInt8], stripsTabs: Bool)? {
        var rest = word.drop { (0x30...0x39).contains($0) }
        guard rest.starts(with: Array("<<".utf8)) else { return nil }
        rest = rest.dropFirst(2)
        let stripsTabs = rest.first == UInt8(ascii: "-")
        if stripsTabs { rest = rest.dropFirst() }
        let end = unquoted(rest)
        guard !end.isEmpty, !rest.contains(UInt8(ascii: "<")) else { return nil }
        return (end, stripsTabs)
    }

    private mutating func skip(to end: [UInt8], stripsTabs: Bool, line: Int) {
        while next < lines.count {
            let content = stripsTabs ? lines[next].drop { $0 == 0x09 } : lines[next]
            next += 1
            if content.elementsEqual(end) { return }
        }
        notes.append("line \(line): the here-document has no end")
    }

    // MARK: Words

    /// Up to the first white space outside quotes.
    private func firstWord(of text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var quote: UInt8?
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if let open = quote {
                if byte == open {
                    quote = nil
                } else if byte == escape, open == UInt8(ascii: "\"") {
                    index += 1
                }
            } else if isSpace(byte) {
                break
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == escape {
                index += 1
            }
            index += 1
        }
        return text[..<min(index, text.endIndex)]
    }

    private func unquoted(_ word: ArraySlice<UInt8>) -> [UInt8] {
        word.filter { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "'") }
    }

    private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private func trimmedStart(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> { text.drop(while: isSpace) }

    private func trimmedEnd(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    private func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> { trimmedEnd(trimmedStart(text)) }
}
