import Foundation
import TaskModel

/// JSON as agents and their server exchange it: unknown fields are ignored, missing optional ones are nil, dates are seconds since
/// 2001-01-01 UTC. Secrets stand in clear: the connection is TLS, or stays on one machine.
public enum AgentJSON {
    /// What the body of a call may have at most, in bytes.
    public static let maxBytes = 4 << 20

    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        if let key = Secret.revealing { encoder.userInfo[key] = true }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}

extension Duration {
    /// As durations travel.
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
