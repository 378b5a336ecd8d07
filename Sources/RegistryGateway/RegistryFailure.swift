import CurlHTTP
import Distribution
import TaskModel

/// An error of the distribution API: status and one entry of `{"errors": [{"code", "message", "detail"}]}`.
public struct RegistryFailure: Error, Sendable, Hashable {
    public let status: Int
    /// `UNAUTHORIZED`, `DENIED`, `MANIFEST_UNKNOWN` and the like, as the specification has them.
    public let code: String
    public let message: String
    public var detail: String?
    /// Seconds after which it is worth trying again.
    public var retryAfter: Int?

    public init(_ status: Int, _ code: String, _ message: String, detail: String? = nil, retryAfter: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.retryAfter = retryAfter
    }

    public static let unknownPath = RegistryFailure(404, "NAME_INVALID", "There is nothing at this path of a registry.")

    public static func invalidName(_ name: String) -> RegistryFailure {
        RegistryFailure(
            404, "NAME_UNKNOWN",
            "'\(name.escapedForDisplay)' is no repository: lower-case letters, digits and single separators between them."
        )
    }

    public static func unknownManifest(_ name: String) -> RegistryFailure {
        RegistryFailure(404, "MANIFEST_UNKNOWN", "There is no '\(name.escapedForDisplay)'.")
    }

    /// What the registry behind this server did not do.
    ///
    /// Its 401 and 403 are of no use to the caller, whose login is fine: they mean the server's own one.
    init(_ error: DistributionError, _ registry: Registry) {
        switch error {
        case .unauthorized, .denied: self = .ownLoginRefused(registry)
        case .unreachable, .interrupted:
            self.init(503, "UNAVAILABLE", error.description, retryAfter: 5)
        case .temporary(_, let status, let wait):
            let seconds = wait.map { Int($0.components.seconds) }
            self.init(
                status == 429 ? 429 : 503, status == 429 ? "TOOMANYREQUESTS" : "UNAVAILABLE", error.description,
                retryAfter: seconds ?? 5)
        case .notFound: self.init(404, "NAME_UNKNOWN", error.description)
        case .rejected(_, let status, _) where (400..<500).contains(status):
            self.init(status, status == 405 ? "UNSUPPORTED" : "UNKNOWN", error.description)
        case .untrusted, .rejected, .invalidAnswer, .wrongDigest, .realmRefused:
            self.init(502, "UNKNOWN", error.description)
        }
    }

    static func ownLoginRefused(_ registry: Registry) -> RegistryFailure {
        RegistryFailure(
            502, "UNKNOWN",
            "The registry behind \(registry.loginServer) refuses this server's own login. "
                + "Check the username and password of registry \(registry.name) in the server's configuration.")
    }

    init(_ error: HTTPError, server: String) {
        switch error {
        case .cannotConnect, .broken:
            self.init(503, "UNAVAILABLE", "The registry behind \(server) can't be reached: \(error)", retryAfter: 5)
        case .timedOut:
            self.init(504, "UNAVAILABLE", "The registry behind \(server) does not answer: \(error)", retryAfter: 5)
        default:
            self.init(502, "UNKNOWN", "The registry behind \(server) is not talked to: \(error)")
        }
    }
}

extension RegistryFailure: CustomStringConvertible {
    public var description: String { "\(code): \(message)" }
}
