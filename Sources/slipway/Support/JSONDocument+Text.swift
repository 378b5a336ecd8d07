import ResourceAPI

/// JSON to be shown: keys sorted, two blanks for each level.
extension JSONDocument {
    /// Secrets are in what the server answered only if it was asked for them, so they are shown.
    init(of value: some Encodable) throws {
        self = try WireJSON.decode(JSONDocument.self, from: try WireJSON.encode(value, revealing: true))
    }

    /// A resource with its properties at the top, as the Azure CLI shows it.
    init(flattening resource: some Encodable) throws {
        self = try JSONDocument(of: resource)
        guard case .object(var fields) = self, case .object(let properties)? = fields.removeValue(forKey: "properties")
        else { return }
        self = .object(fields.merging(properties) { outer, _ in outer })
    }

    func text(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .flag(let flag): return flag ? "true" : "false"
        case .integer(let integer): return String(integer)
        case .number(let number): return String(number)
        case .text(let text): return Self.quoted(text)
        case .list(let values) where values.isEmpty: return "[]"
        case .list(let values):
            return "[\n" + values.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n" + indent + "]"
        case .object(let fields) where fields.isEmpty: return "{}"
        case .object(let fields):
            let lines = fields.sorted { $0.key < $1.key }
                .map { inner + Self.quoted($0.key) + ": " + $0.value.text(indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n" + indent + "}"
        }
    }

    /// RFC 8259, section 7.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            // Control characters, those of 8 bit too: a terminal may act on them.
            case _ where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
