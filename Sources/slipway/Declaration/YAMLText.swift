import ResourceAPI
import TaskFiles

/// YAML to be written, in the order in which it is made.
indirect enum YAMLText {
    case text(String)
    case number(Int)
    case flag(Bool)
    /// Below each other.
    case list([YAMLText])
    case map([(key: String, value: YAMLText)])
    /// On one line, as `{env: NAME}`.
    case place(String, String)

    /// The lines of a document.
    var document: String {
        guard case .map(let entries) = self else { return scalar + "\n" }
        return Self.lines(of: entries).joined(separator: "\n") + "\n"
    }

    private static func lines(of entries: [(key: String, value: YAMLText)]) -> [String] {
        entries.flatMap { key, value in value.lines(after: quoted(key) + ":") }
    }

    /// - Parameter head: what stands before the value on its first line.
    private func lines(after head: String) -> [String] {
        switch self {
        case .map(let entries) where !entries.isEmpty:
            [head] + Self.lines(of: entries).map { "  " + $0 }
        case .list(let items) where !items.isEmpty:
            [head] + items.flatMap { item in item.itemLines.map { "  " + $0 } }
        case .text(let text) where Self.isBlock(text):
            // The number says how far it is indented, whatever it begins with.
            [head + " |2" + (text.hasSuffix("\n") ? "" : "-")]
                + (text.hasSuffix("\n") ? text.dropLast() : text[...]).split(
                    separator: "\n", omittingEmptySubsequences: false
                ).map { $0.isEmpty ? "" : "  " + $0 }
        default: [head + " " + scalar]
        }
    }

    private var itemLines: [String] {
        guard case .map(let entries) = self, !entries.isEmpty else { return lines(after: "-") }
        return Self.lines(of: entries).enumerated().map { ($0 == 0 ? "- " : "  ") + $1 }
    }

    private var scalar: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .list: "[]"
        case .map: "{}"
        case .place(let kind, let value): "{\(kind): \(Self.quoted(value))}"
        }
    }

    /// Whether it can be a block that keeps its lines: no blanks at the ends of lines, one line end at most at its end, nothing
    /// that a reader would change.
    private static func isBlock(_ text: String) -> Bool {
        text.contains("\n") && !text.hasPrefix("\n") && !text.hasSuffix("\n\n") && text != "\n"
            && text.unicodeScalars.allSatisfy {
                $0 == "\n" || (0x20...0x7e).contains($0.value)
                    || ($0.value >= 0xa0 && $0.value < 0xd800 && $0.value != 0x2028 && $0.value != 0x2029)
            }
    }

    /// Plain where it reads as nothing else in any version of YAML.
    private static func quoted(_ text: String) -> String {
        let isPlain =
            text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "/") } == true
            && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "/._-".utf8.contains($0) }
            && ![
                "y", "yes", "n", "no", "true", "false", "on", "off", "null",
            ].contains(text.lowercased())
        if isPlain { return text }
        if text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value < 0x7f }) {
            return "'" + text.replacing("'", with: "''") + "'"
        }
        return JSONDocument.text(text).text()
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
