import Foundation
import TaskModel

/// Replaces secrets in a stream of bytes by `***`, also where a secret is cut by the border of two pieces.
///
/// Masked are the values themselves and their usual wrappings: base64 (in all three alignments), URL, JSON and XML escaped, and each line
/// of values with several lines. Values shorter than 4 bytes are not masked: too much else looks like them.
struct SecretMasker: Sendable {
    static let shortestValue = SecretPatterns.shortest

    private var patterns = SecretPatterns()
    private var held: [UInt8] = []

    init(secrets: some Sequence<String>) {
        add(secrets)
    }

    /// Masks these too from here on.
    mutating func add(_ secrets: some Sequence<String>) {
        for secret in secrets {
            for value in [secret] + secret.split(whereSeparator: \.isNewline).map(String.init) {
                for form in Self.forms(of: value) { patterns.insert(form) }
            }
        }
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
        let (shown, rest) = patterns.masking(held + bytes, isEnd: false)
        held = rest
        return shown
    }

    /// How many of the bytes that were taken are held back.
    var heldCount: Int { held.count }

    /// What was held back.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return patterns.masking(held, isEnd: true).shown
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
