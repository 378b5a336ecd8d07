public import TaskModel

/// Makes `***` of secret values where a text shows them: whole ones of at least ``SecretPatterns/shortest`` bytes, and
/// their lines.
public struct SecretMask: Sendable {
    private var patterns = SecretPatterns()

    public init(_ secrets: some Sequence<Secret>) {
        for secret in secrets {
            patterns.insert(Array(secret.value.utf8))
            for line in secret.value.utf8.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }) {
                patterns.insert(Array(line))
            }
        }
    }

    public func masked(_ text: String) -> String {
        guard !patterns.isEmpty else { return text }
        return String(decoding: patterns.masking(Array(text.utf8), isEnd: true).shown, as: UTF8.self)
    }

    public func masked(_ error: TaskFileError) -> TaskFileError {
        TaskFileError(error.code, at: error.place, masked(error.reason))
    }
}
