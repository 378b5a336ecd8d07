import Foundation

/// How the names of values are written in a payload.
enum PayloadNames {
    case snakeCase
    case asWritten
}

extension Webhook {
    /// The payload. It is the body, or a field of it where a hook was made to send forms.
    func decode<Payload: Decodable>(
        _ type: Payload.Type, named names: PayloadNames = .snakeCase
    ) throws(ForgeError) -> Payload {
        let decoder = JSONDecoder()
        if names == .snakeCase { decoder.keyDecodingStrategy = .convertFromSnakeCase }
        do {
            return try decoder.decode(type, from: Data(json()))
        } catch let error as ForgeError {
            throw error
        } catch let error as DecodingError {
            throw .unreadable(error.brief)
        } catch {
            throw .unreadable("its body is no JSON")
        }
    }

    private func json() throws(ForgeError) -> [UInt8] {
        guard headers["content-type"]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
            return body
        }
        let name = Array("payload=".utf8)
        guard let field = body.split(separator: UInt8(ascii: "&")).first(where: { $0.starts(with: name) }) else {
            throw .unreadable("its form has no field 'payload'")
        }
        return Self.decodedForm(field.dropFirst(name.count))
    }

    /// Undoes the escapes of a form; a broken one stays as it is.
    private static func decodedForm(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "%"), index + 2 < text.endIndex,
                let value = UInt8(String(decoding: text[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                result.append(value)
                index += 3
            } else {
                result.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return result
    }
}

extension DecodingError {
    /// In a few words: the value that is missing or of another kind.
    fileprivate var brief: String {
        func name(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        switch self {
        case .keyNotFound(let key, let context): return "\(name(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context): return "\(name(context.codingPath)) is missing"
        case .typeMismatch(_, let context): return "\(name(context.codingPath)) is of another kind than it should be"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            return "\(name(context.codingPath)) can't be used"
        default: return "its body is no JSON"
        }
    }
}
