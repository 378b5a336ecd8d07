import Synchronization

/// Whether an agent's server answers, for those who watch the agent.
public final class ServerContact: Sendable {
    private let known = Mutex<String?>(nil)

    public init() {}

    /// Why the server could not be asked the last time; nil if it answered, or nobody asked yet.
    public var problem: String? { known.withLock { $0 } }

    /// - Returns: whether this is news.
    func note(_ problem: String?) -> Bool {
        known.withLock { known in
            defer { known = problem }
            return (known == nil) != (problem == nil)
        }
    }
}
