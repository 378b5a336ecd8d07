import CurlHTTP
import Foundation

/// One request to the Engine API.
struct EngineCall: Sendable {
    /// What it does, after "to": for messages.
    let action: String
    let method: String
    /// Without the version, each part escaped.
    let path: String
    var query: [(name: String, value: String)] = []
    var headers: [HTTPHeader] = []
    var body = HTTPBody.none
    /// The longest time for the whole exchange; nil for streams, which ``DaemonWatch`` looks after.
    var timeout: Duration? = .seconds(60)

    init(_ action: String, _ method: String, _ path: String) {
        self.action = action
        self.method = method
        self.path = path
    }

    /// Sends a value as JSON.
    mutating func setJSON(_ value: some Encodable) throws {
        headers.append(HTTPHeader("Content-Type", "application/json"))
        body = .bytes(Array(try compactJSON(value).utf8))
    }

    /// Path and query as they stand in the URL.
    var target: String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.map { "\($0.name.percentEncoded())=\($0.value.percentEncoded())" }.joined(separator: "&")
    }
}

extension String {
    /// The text as a part of a URL: all but unreserved characters (RFC 3986, section 2.3) and those in `kept` become
    /// escapes.
    func percentEncoded(keeping kept: String = "") -> String {
        var result: [UInt8] = []
        let hex = Array("0123456789ABCDEF".utf8)
        for byte in utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
                result.append(byte)
            default:
                if kept.utf8.contains(byte) {
                    result.append(byte)
                } else {
                    result += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
                }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}

/// Compact, with members in a stable order.
func compactJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
