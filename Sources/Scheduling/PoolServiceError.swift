import TaskModel

/// Why a request about agent pools is refused. ``code`` is the one the API answers with.
public enum PoolServiceError: Error, Equatable {
    case notFound(String)
    /// It is one of the configuration's.
    case configured(String)
    /// The daemon that has its build cache did not do what was asked.
    case cacheUnreachable(String, reason: String)
    case agentNotFound(String)
    /// It is inside the server.
    case agentEmbedded(String)
    case tokenNotFound(String)

    public var code: String {
        switch self {
        case .notFound: "AgentPoolNotFound"
        case .configured: "AgentPoolConfigured"
        case .cacheUnreachable: "BuildCacheUnreachable"
        case .agentNotFound: "AgentNotFound"
        case .agentEmbedded: "AgentEmbedded"
        case .tokenNotFound: "JoinTokenNotFound"
        }
    }
}

extension PoolServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let name): "There is no agent pool '\(name.escapedForDisplay)'."
        case .configured(let name):
            "Pool '\(name.escapedForDisplay)' belongs to the server's configuration. Change it there (pools), or take another name."
        case .cacheUnreachable(let name, let reason):
            "The build cache of pool '\(name.escapedForDisplay)' can't be reached: \(reason)"
        case .agentNotFound(let id):
            "The pool has no agent '\(id.escapedForDisplay)'. 'slipway pool agents' shows those there are."
        case .agentEmbedded(let id):
            "Agent '\(id.escapedForDisplay)' is inside the server, and goes by its pool's slots (pools[].slots; 'slipway pool update')."
        case .tokenNotFound(let id):
            "The pool has no join token '\(id.escapedForDisplay)'. 'slipway pool token list' shows those there are."
        }
    }
}
