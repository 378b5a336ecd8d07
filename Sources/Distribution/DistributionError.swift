public import CurlHTTP
import TaskModel

/// Why a registry did not give what was asked for. `registry` is the host as image names spell it.
public enum DistributionError: Error, Equatable {
    /// No connection at all: refused, no such host.
    case unreachable(registry: String, cause: HTTPError)
    /// A connection that broke or fell silent.
    case interrupted(registry: String, cause: HTTPError)
    /// A connection that may not be: its certificate, its address or its redirect is refused.
    case untrusted(registry: String, cause: HTTPError)
    /// 401, after a fresh login. `username` is nil when no credential was given.
    case unauthorized(registry: String, username: String?, reason: String)
    /// 403.
    case denied(registry: String, username: String?, reason: String)
    /// 404. `name` is the image or repository.
    case notFound(name: String, reason: String)
    /// 408, 429 or 5xx: worth trying again, at the earliest after `retryAfter` if the registry said so.
    case temporary(registry: String, status: Int, retryAfter: Duration?)
    /// Any other status. Trying again changes nothing.
    case rejected(registry: String, status: Int, reason: String)
    /// Something that is not the distribution protocol, such as a web page.
    case invalidAnswer(registry: String, reason: String)
    /// Content with another digest than it was asked for by, or than its server announced.
    case wrongDigest(name: String, expected: String, actual: String)
    /// The login service that the registry names is not one that credentials may be sent to.
    case realmRefused(registry: String, realm: String, reason: String)
}

extension DistributionError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let registry, let cause):
            "The registry \(registry) can't be reached: \(cause)"
        case .interrupted(let registry, let cause):
            "The registry \(registry) stopped answering: \(cause)"
        case .untrusted(let registry, let cause):
            "The registry \(registry) is not talked to: \(cause)"
        case .unauthorized(let registry, nil, let reason):
            "The registry \(registry) wants a login\(reason.asReason). Configure a credential for \(registry)."
        case .unauthorized(let registry, let username?, let reason):
            "The registry \(registry) does not accept the login of '\(username.escapedForDisplay)'\(reason.asReason). "
                + "Check user name and password, and that the user may use this repository."
        case .denied(let registry, nil, let reason):
            "The registry \(registry) denies access without login\(reason.asReason). "
                + "Configure a credential for \(registry)."
        case .denied(let registry, let username?, let reason):
            "The registry \(registry) denies '\(username.escapedForDisplay)' access\(reason.asReason). "
                + "Give that user the right to this repository."
        case .notFound(let name, let reason):
            "There is no '\(name.escapedForDisplay)'\(reason.asReason). Check the spelling of repository and tag."
        case .temporary(let registry, let status, let retryAfter):
            "The registry \(registry) answered \(status)"
                + (status == 429 ? " (too many requests)" : "")
                + (retryAfter.map { " and asks to wait \($0.components.seconds) s" } ?? "") + ". Try again later."
        case .rejected(let registry, let status, let reason):
            "The registry \(registry) refuses the request with status \(status)\(reason.asReason)."
        case .invalidAnswer(let registry, let reason):
            "What answers at \(registry) does not speak the registry protocol: \(reason). "
                + "Check the address of the registry."
        case .wrongDigest(let name, let expected, let actual):
            "'\(name.escapedForDisplay)' should have the digest \(expected), but what came has \(actual). "
                + "The registry, or something in between, is damaged."
        case .realmRefused(let registry, let realm, let reason):
            "The registry \(registry) sends logins to \(realm.escapedForDisplay), which is refused: \(reason). "
                + "If that is right, add its origin to tokenRealms in the server's configuration."
        }
    }
}

extension String {
    fileprivate var asReason: String { isEmpty ? "" : ": " + self }
}

extension DistributionError {
    /// What a ``RetryPolicy`` makes of this error.
    public var retry: RetryVerdict {
        switch self {
        case .unreachable: .noConnection
        case .interrupted: .again(after: nil)
        case .temporary(_, _, let retryAfter): .again(after: retryAfter)
        case .untrusted, .unauthorized, .denied, .notFound, .rejected, .invalidAnswer, .wrongDigest, .realmRefused:
            .giveUp
        }
    }

    /// Sorts an error of the connection into the case a caller would treat alike.
    init(_ cause: HTTPError, registry: String) {
        switch cause {
        case .cannotConnect: self = .unreachable(registry: registry, cause: cause)
        case .broken, .timedOut: self = .interrupted(registry: registry, cause: cause)
        case .tls, .addressBlocked, .redirectRefused: self = .untrusted(registry: registry, cause: cause)
        case .tooLarge, .invalidRequest: self = .invalidAnswer(registry: registry, reason: cause.description)
        }
    }
}
