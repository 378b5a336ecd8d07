import Foundation
import TaskModel

/// JSON as it goes over the wire.
public enum WireJSON {
    /// What a body of the API may have at most, in bytes.
    public static let maxBytes = 4 << 20
    public static let maxDepth = 64

    /// Writes a value; keys are sorted, so that equal values are equal bytes.
    ///
    /// - Parameter revealing: whether the reader may see the secrets in the value. If not and there are some, this fails.
    public static func encode(_ value: some Encodable, revealing: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        if revealing, let key = Secret.revealing { encoder.userInfo[key] = true }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Reads a value.
    ///
    /// - Throws: ``InvalidRequest`` with code `InvalidRequestContent` that names the field.
    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(InvalidRequest) -> Value
    {
        guard bytes.count <= maxBytes else { throw invalid("it has more than \(maxBytes) bytes", at: nil) }
        guard depth(of: bytes) <= maxDepth else {
            throw invalid("it is nested deeper than \(maxDepth) levels", at: nil)
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch DecodingError.keyNotFound(let key, let context) {
            throw invalid("the field is missing", at: path(context.codingPath + [key]))
        } catch DecodingError.typeMismatch(let expected, let context) {
            throw invalid("it must be \(name(of: expected))", at: path(context.codingPath))
        } catch DecodingError.valueNotFound(let expected, let context) {
            throw invalid("it must be \(name(of: expected)), not null", at: path(context.codingPath))
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw invalid(context.debugDescription, at: path(context.codingPath))
        } catch {
            throw invalid("it is no JSON", at: nil)
        }
    }

    private static func invalid(_ reason: String, at field: String?) -> InvalidRequest {
        InvalidRequest(
            code: "InvalidRequestContent",
            message: field.map { "The field '\($0)' can't be read: \(reason)." }
                ?? "The body can't be read: \(reason).", target: field)
    }

    private static func path(_ keys: [any CodingKey]) -> String? {
        let path = keys.reduce("") { path, key in
            if let index = key.intValue { return path + "[\(index)]" }
            return path.isEmpty ? key.stringValue : path + "." + key.stringValue
        }
        return path.isEmpty ? nil : path
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a text"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is [Any].Type: "a list"
        case is [String: Any].Type: "an object"
        default: "of another type"
        }
    }

    /// How deep arrays and objects are nested, found without recursion.
    private static func depth(of bytes: [UInt8]) -> Int {
        var depth = 0
        var deepest = 0
        var isText = false
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                isEscaped = false
            } else if isText {
                if byte == UInt8(ascii: "\\") { isEscaped = true }
                if byte == UInt8(ascii: "\"") { isText = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    deepest = max(deepest, depth)
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
            }
        }
        return deepest
    }
}
