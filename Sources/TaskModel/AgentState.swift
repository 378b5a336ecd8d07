/// What an agent can be relied on for now.
public enum AgentState: Sendable, Hashable {
    /// It has a slot that is free, and takes runs.
    case connected
    /// It takes runs, and has no free slot.
    case busy
    /// It takes no new run, as an administrator or its own stop has it.
    case draining
    /// Nothing was heard of it for ``unreachableAfter``.
    case unreachable
    /// It takes no run, for this reason.
    case unhealthy(String)

    /// T4 of the promises.
    public static let unreachableAfter: Duration = .seconds(30)

    /// Whether it takes runs, now or as soon as it has a free slot.
    public var takesRuns: Bool { self == .connected || self == .busy }
}

extension AgentState: CustomStringConvertible {
    /// What ``description`` can be.
    public static let names = ["connected", "busy", "draining", "unreachable", "unhealthy"]

    /// One word.
    public var description: String {
        switch self {
        case .connected: "connected"
        case .busy: "busy"
        case .draining: "draining"
        case .unreachable: "unreachable"
        case .unhealthy: "unhealthy"
        }
    }
}
