import Foundation

/// The line of a Dockerfile that names the image of its frontend: `# syntax=IMAGE`, or for newer builders also
/// `// syntax=IMAGE` or a JSON document with a member `syntax`.
///
/// Read as BuildKit does (frontend/dockerfile/parser/directives.go), and a bit more: a line is also found where only some
/// of its versions look.
public struct SyntaxLine: Sendable {
    /// As written, without the words that may follow it.
    public let image: String
    /// From 1.
    public let number: Int
    /// The line, for messages.
    public let text: String

    private enum Form: Sendable {
        case directives(mark: String, range: Range<Int>)
        case json
    }

    private let bytes: [UInt8]
    private let lines: [ArraySlice<UInt8>]
    private let form: Form

    /// - Returns: nil if the Dockerfile has no such line.
    public init?(in dockerfile: [UInt8]) {
        bytes = dockerfile
        let bare = Self.withoutMark(dockerfile[...])
        lines = dockerfile.split(separator: 0x0a, omittingEmptySubsequences: false)
        let first = bare.starts(with: Array("#!".utf8)) ? 1 : 0
        for mark in ["#", "//"] {
            var end = first
            var found: (index: Int, value: String)?
            while end < lines.count, let directive = Self.directive(lines[end], mark: mark, isFirst: end == 0) {
                if directive.key == "syntax" { found = (end, directive.value) }
                end += 1
            }
            guard let found, let word = found.value.split(separator: " ").first else { continue }
            image = String(word)
            number = found.index + 1
            text = "\(mark) syntax=\(found.value)"
            form = .directives(mark: mark, range: first..<end)
            return
        }
        guard bare.first(where: { !Self.blanks.contains($0) }) == UInt8(ascii: "{") else { return nil }
        // Builders read less strictly than this: what can't be read is taken to name one.
        let value: String
        if let members = try? JSONSerialization.jsonObject(with: Data(bare)) as? [String: Any] {
            guard let member = members.first(where: { $0.key.lowercased() == "syntax" }) else { return nil }
            value = member.value as? String ?? ""
        } else {
            value = ""
        }
        image = value.split(separator: " ").first.map(String.init) ?? ""
        number = 1
        text = #"{"syntax": "\#(value)"}"#
        form = .json
    }

    /// The Dockerfile with another image in the line; nil if it can't be put there.
    public func replacing(by image: String) -> [UInt8]? {
        switch form {
        case .directives(let mark, let range):
            return file(
                range.map { index in
                    guard var directive = Self.directive(lines[index], mark: mark, isFirst: index == 0),
                        directive.key == "syntax"
                    else { return Array(lines[index]) }
                    let words = directive.value.split(separator: " ", maxSplits: 1)
                    directive.value = ([image] + words.dropFirst().map(String.init)).joined(separator: " ")
                    return Array("\(mark) syntax=\(directive.value)".utf8) + directive.end
                }, at: range)
        case .json:
            let text = String(decoding: bytes, as: UTF8.self)
            let parts = text.components(separatedBy: "\"\(self.image)\"")
            return parts.count == 2 ? Array(parts.joined(separator: "\"\(image)\"").utf8) : nil
        }
    }

    /// The Dockerfile without the line, with as many lines as before; nil if there is no Dockerfile then.
    ///
    /// The directives below take its place, since builders look for them only up to the first line that is none.
    public func removed() -> [UInt8]? {
        guard case .directives(let mark, let range) = form else { return nil }
        let kept = range.filter { Self.directive(lines[$0], mark: mark, isFirst: $0 == 0)?.key != "syntax" }.map {
            Array(lines[$0])
        }
        return file(kept + Array(repeating: Array("#".utf8), count: range.count - kept.count), at: range)
    }

    private func file(_ directives: [[UInt8]], at range: Range<Int>) -> [UInt8] {
        let all = lines[..<range.lowerBound].map(Array.init) + directives + lines[range.upperBound...].map(Array.init)
        return Array(all.joined(separator: [0x0a]))
    }

    /// Go's `\s`.
    private static let blanks: Set<UInt8> = [0x09, 0x0a, 0x0c, 0x0d, 0x20]

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = bytes.drop { blanks.contains($0) }
        return start[..<(start.lastIndex { !blanks.contains($0) }.map { $0 + 1 } ?? start.startIndex)]
    }

    /// Without the byte order mark that a file may have in front.
    private static func withoutMark(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes
    }

    /// `MARK key=value`. Looked for in bytes, as builders do: of characters, one may hide the `=`.
    private static func directive(_ line: ArraySlice<UInt8>, mark: String, isFirst: Bool) -> (
        key: String, value: String, end: [UInt8]
    )? {
        let bare = trimmed(isFirst ? withoutMark(line) : line)
        guard bare.starts(with: mark.utf8), let equals = bare.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let key = trimmed(bare[..<equals].dropFirst(mark.utf8.count)).map {
            (0x41...0x5a).contains($0) ? $0 | 0x20 : $0
        }
        let value = trimmed(bare[(equals + 1)...])
        guard let first = key.first, (0x61...0x7a).contains(first), !value.isEmpty,
            key.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) })
        else { return nil }
        return (
            String(decoding: key, as: UTF8.self), String(decoding: value, as: UTF8.self),
            line.last == 0x0d ? [0x0d] : []
        )
    }
}
