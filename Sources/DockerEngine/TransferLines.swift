/// Turns the messages of a push or pull into lines: one whenever a layer's state changes, none for each step of its
/// progress.
struct TransferLines {
    private var states: [String: String] = [:]

    /// The line for a message, with its line feed; nil if nothing changed.
    mutating func line(for message: EngineMessage) -> String? {
        guard let status = message.status, !status.isEmpty else { return nil }
        guard let id = message.id, !id.isEmpty else { return status + "\n" }
        // While bytes move the status stays the same and only numbers change.
        let isMoving = message.progressDetail?.current != nil || message.progressDetail?.total != nil
        guard !isMoving, states[id] != status else { return nil }
        states[id] = status
        return "\(id): \(status)\n"
    }
}
