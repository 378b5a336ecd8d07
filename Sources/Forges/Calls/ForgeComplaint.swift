import Foundation

/// What a forge says when it refuses something: each puts it elsewhere.
struct ForgeComplaint: Decodable {
    private let texts: [String]

    /// In a line of 200 characters at most; nil if it says nothing that can be read.
    static func text(of bytes: [UInt8]) -> String? {
        let complaint = try? JSONDecoder().decode(ForgeComplaint.self, from: Data(bytes))  // it may be a page
        let text = complaint?.texts.joined(separator: ": ").asTitle
        return text?.isEmpty == false ? text : nil
    }

    private enum Key: String, CodingKey {
        case message, error, errors
    }

    private struct Inner: Decodable {
        var message: String?
    }

    init(from decoder: any Decoder) throws {
        // Each is of another kind somewhere; what can't be read is left out.
        let values = try decoder.container(keyedBy: Key.self)
        var texts: [String] = []
        for key in [Key.message, .error] {
            if let text = try? values.decode(String.self, forKey: key) { texts.append(text) }
            if let inner = try? values.decode(Inner.self, forKey: key), let text = inner.message { texts.append(text) }
            // By field, as in `{"url": ["is blocked"]}`.
            if let fields = try? values.decode([String: [String]].self, forKey: key) {
                texts += fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.joined(separator: ", "))" }
            }
        }
        if let inner = try? values.decode([Inner].self, forKey: .errors) { texts += inner.compactMap(\.message) }
        self.texts = texts
    }
}
