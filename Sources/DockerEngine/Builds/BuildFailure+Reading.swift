extension BuildFailure {
    /// Sorts the message with which a BuildKit build ended, by what failed in it.
    init(message: String, progress: BuildProgress) {
        let vertex = progress.failed
        if let reference = vertex?.loadedReference ?? vertex?.fromReference ?? vertex?.frontendReference {
            let name = reference.split(separator: "@").first.map(String.init) ?? reference
            self = .base(reference: name, RegistryFailure(reading: message))
        } else if message.contains("pulling from host ") || message.contains("failed to resolve source metadata for ") {
            self = .base(
                reference: Self.word(after: "failed to resolve source metadata for ", in: message),
                RegistryFailure(reading: message))
        } else {
            self = .step(message: message)
        }
    }

    /// Sorts the message with which a classic build ended.
    ///
    /// - Parameter instruction: the last one it began, as in `FROM busybox AS base`.
    init(message: String, instruction: String?) {
        let words = (instruction ?? "").split(separator: " ").filter { !$0.hasPrefix("--platform") }
        guard let first = words.first, words.count > 1, first.uppercased() == "FROM" else {
            self = .step(message: message)
            return
        }
        self = .base(reference: String(words[1]), RegistryFailure(reading: message))
    }

    private static func word(after prefix: String, in text: String) -> String {
        guard let range = text.firstRange(of: prefix) else { return "" }
        let word = text[range.upperBound...].prefix { $0 != " " }
        return word.last == ":" ? String(word.dropLast()) : String(word)
    }
}
