import Synchronization

/// Whether an agent's server answers, for those who watch the agent.
public final class ServerContact: Sendable {
    private let known = Mutex<String?>("it was not asked yet")

    public init() {}

    /// Why the server did not answer the last time, for people; nil if it did.
    public var problem: String? { known.withLock { $0 } }

    /// - Returns: whether this is news.
    func note(_ problem: String?) -> Bool {
        known.withLock { known in
            defer { known = problem }
            return (known == nil) != (problem == nil)
        }
    }
}
