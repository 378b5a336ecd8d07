import TaskModel

/// Why a request about agent pools is refused. ``code`` is the one the API answers with.
public enum PoolServiceError: Error, Equatable {
    case notFound(String)
    /// It is one of the configuration's.
    case configured(String)

    public var code: String {
        switch self {
        case .notFound: "AgentPoolNotFound"
        case .configured: "AgentPoolConfigured"
        }
    }
}

extension PoolServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let name): "There is no agent pool '\(name.escapedForDisplay)'."
        case .configured(let name):
            "Pool '\(name.escapedForDisplay)' belongs to the server's configuration. Change it there (pools), or take another name."
        }
    }
}
