import Foundation

/// Replaces secrets in a stream of bytes by `***`, also where a secret is cut by the border of two pieces.
///
/// Masked are the values themselves and their usual wrappings: base64 (in all three alignments), URL, JSON and XML escaped, and each line
/// of values with several lines. Values shorter than 4 bytes are not masked: too much else looks like them.
struct SecretMasker: Sendable {
    static let shortestValue = 4
    private static let mask = Array("***".utf8)

    /// Longest first, so that a secret that holds another is masked whole.
    private var patterns: [[UInt8]] = []
    private var firstBytes = [Bool](repeating: false, count: 256)
    private var held: [UInt8] = []

    init(secrets: some Sequence<String>) {
        add(secrets)
    }

    /// Masks these too from here on.
    mutating func add(_ secrets: some Sequence<String>) {
        var patterns = Set(self.patterns)
        for secret in secrets {
            for value in [secret] + secret.split(whereSeparator: \.isNewline).map(String.init) {
                patterns.formUnion(Self.forms(of: value))
            }
        }
        self.patterns = patterns.filter { $0.count >= Self.shortestValue }.sorted { $0.count > $1.count }
        for pattern in self.patterns { firstBytes[Int(pattern[0])] = true }
    }

    /// Masks a whole text that stands for itself.
    func masked(_ text: String) -> String {
        var fresh = self
        fresh.held = []
        return String(decoding: fresh.mask(Array(text.utf8)) + fresh.finish(), as: UTF8.self)
    }

    /// Takes the next piece.
    ///
    /// - Returns: what is safe to show; the end is held back while it may be the beginning of a secret.
    mutating func mask(_ bytes: [UInt8]) -> [UInt8] {
        guard !patterns.isEmpty else { return bytes }
        return scan(held + bytes, isEnd: false)
    }

    /// What was held back.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return scan(held, isEnd: true)
    }

    private mutating func scan(_ bytes: [UInt8], isEnd: Bool) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        held = []
        while index < bytes.count {
            if firstBytes[Int(bytes[index])] {
                let rest = bytes[index...]
                if !isEnd, patterns.contains(where: { $0.count > rest.count && $0.starts(with: rest) }) {
                    held = Array(rest)
                    return result
                }
                if let pattern = patterns.first(where: { rest.starts(with: $0) }) {
                    result += Self.mask
                    index += pattern.count
                    continue
                }
            }
            result.append(bytes[index])
            index += 1
        }
        return result
    }

    private static func forms(of value: String) -> Set<[UInt8]> {
        let bytes = Array(value.utf8)
        guard bytes.count >= shortestValue else { return [] }
        var forms: Set<[UInt8]> = [bytes]
        for offset in 0..<3 { forms.insert(base64Core(of: bytes, offset: offset)) }
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
        if let escaped = value.addingPercentEncoding(withAllowedCharacters: unreserved) {
            forms.insert(Array(escaped.utf8))
        }
        if let json = try? JSONEncoder().encode(value) {
            forms.insert(Array(json.dropFirst().dropLast()))
            forms.insert(
                Array(String(decoding: json.dropFirst().dropLast(), as: UTF8.self).replacing("\\/", with: "/").utf8))
        }
        let xml = value.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        forms.insert(Array(xml.utf8))
        forms.insert(Array(xml.replacing("\"", with: "&quot;").replacing("'", with: "&#39;").utf8))
        return forms
    }

    /// The part of the base64 text that depends on the value alone, when `offset` bytes stand before it.
    private static func base64Core(of bytes: [UInt8], offset: Int) -> [UInt8] {
        let text = Array(Data([UInt8](repeating: 0, count: offset) + bytes).base64EncodedString().utf8)
        let from = (offset * 8 + 5) / 6
        let to = (offset + bytes.count) * 8 / 6
        return from < to ? Array(text[from..<to]) : []
    }
}
