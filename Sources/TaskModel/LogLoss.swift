/// What is missing in the log of a run, whose end says so too.
public struct LogLoss: Sendable, Hashable, Codable {
    /// Nil where nobody can know.
    public var bytes: Int64?
    /// For people.
    public var reason: String

    public init(bytes: Int64?, reason: String) {
        self.bytes = bytes
        self.reason = reason
    }
}
