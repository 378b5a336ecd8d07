/// Why something could not be read from a forge, or asked of it.
public enum ForgeError: Error, Equatable {
    /// A delivery lacks what its kind must have.
    case unreadable(String)
    /// The forge does not take the token, or the token may not do that.
    case tokenRefused(server: String, reason: String)
    /// There is no such repository, or the token may not see it.
    case repositoryNotFound(server: String, repository: String)
    /// The forge refuses what is asked, for another reason.
    case rejected(server: String, status: Int, reason: String)
    /// It is worth trying again: no answer, too many requests, trouble of its own.
    case unavailable(server: String, reason: String, retryAfter: Duration?)
}

extension ForgeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let what): "The delivery can't be read: \(what)."
        case .tokenRefused(let server, let reason):
            "\(server) refuses the token (\(reason)). Give the task a new one that may manage hooks and statuses."
        case .repositoryNotFound(let server, let repository):
            "\(server) has no repository \(repository), or the token may not see it. Check the URL and the token's rights."
        case .rejected(let server, let status, let reason):
            "\(server) refused the request with status \(status): \(reason)"
        case .unavailable(let server, let reason, _):
            "\(server) did not answer as it should: \(reason). It is asked again."
        }
    }
}
