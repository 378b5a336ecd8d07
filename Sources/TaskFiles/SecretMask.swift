public import TaskModel

/// Makes `***` of secret values where a text shows them: whole ones of at least ``minBytes``, and their lines.
public struct SecretMask: Sendable {
    /// Shorter ones are in many words.
    public static let minBytes = 4

    /// By their first byte, the longest first.
    private let values: [UInt8: [[UInt8]]]

    public init(_ secrets: some Sequence<Secret>) {
        var all: Set<[UInt8]> = []
        for secret in secrets {
            let lines = secret.value.utf8.split { $0 == 0x0a || $0 == 0x0d }.map { Array($0) }
            all.formUnion((lines + [Array(secret.value.utf8)]).filter { $0.count >= Self.minBytes })
        }
        values = Dictionary(grouping: all) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
    }

    public func masked(_ text: String) -> String {
        guard !values.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if let value = values[bytes[place]]?.first(where: { bytes[place...].starts(with: $0) }) {
                result += "***".utf8
                place += value.count
            } else {
                result.append(bytes[place])
                place += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    public func masked(_ error: TaskFileError) -> TaskFileError {
        TaskFileError(error.code, at: error.place, masked(error.reason))
    }
}
