import TaskModel

/// Why a request about agent pools is refused. ``code`` is the one the API answers with.
public enum PoolServiceError: Error, Equatable {
    case notFound(String)
    /// It is one of the configuration's.
    case configured(String)
    /// The daemon that has its build cache did not do what was asked.
    case cacheUnreachable(String, reason: String)

    public var code: String {
        switch self {
        case .notFound: "AgentPoolNotFound"
        case .configured: "AgentPoolConfigured"
        case .cacheUnreachable: "BuildCacheUnreachable"
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
        }
    }
}
