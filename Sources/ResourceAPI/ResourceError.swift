import CurlHTTP
import TaskModel

/// Why the server did not do what was asked.
public enum ResourceError: Error, Equatable {
    /// No answer came.
    case unreachable(server: String, reason: String)
    /// The server's certificate is not trusted.
    case untrusted(server: String, reason: String)
    /// The client id or secret is wrong, or the login has been taken away.
    case loginRefused(server: String, reason: String)
    /// The server said no, in its own words.
    case refused(status: Int, code: String, message: String, target: String?)
    /// What came is no answer of this API.
    case unexpectedAnswer(server: String, status: Int, reason: String)
    case noRegistry(name: String?, known: [String])
    case severalRegistries([String])
    /// The context did not arrive.
    case uploadRefused(status: Int, code: String, message: String)
}

extension ResourceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let server, let reason):
            "Can't reach the server at \(server): \(reason). Check that slipway-server runs there, or name another with 'slipway login --server URL'."
        case .untrusted(let server, let reason):
            "The certificate of \(server) is not trusted: \(reason). "
                + "Give the CA that signed it with 'slipway login --ca-file FILE' (slipway-server keeps its own as tls/ca.pem in its data folder)."
        case .loginRefused(let server, let reason):
            "\(server) refused the login: \(reason) Log in again with 'slipway login --server \(server)'."
        case .refused(_, let code, let message, let target):
            "(\(code)) \(message)" + (target.map { " [\($0)]" } ?? "")
        case .unexpectedAnswer(let server, let status, let reason):
            "\(server) answered with status \(status) and something unexpected: \(reason). Is it a slipway-server?"
        case .noRegistry(let name?, let known):
            "There is no registry '\(name.escapedForDisplay)' here. "
                + (known.isEmpty
                    ? "The server has none: add one to its configuration."
                    : "There is: \(known.joined(separator: ", ")).")
        case .noRegistry(nil, _):
            "The server has no registry. Add one to its configuration."
        case .severalRegistries(let names):
            "There are several registries: \(names.joined(separator: ", ")). Say which with --registry."
        case .uploadRefused(_, let code, let message):
            "The context was not taken: (\(code)) \(message)"
        }
    }

    /// Whether the thing asked for does not exist.
    public var isNotFound: Bool {
        switch self {
        case .refused(let status, _, _, _): status == 404
        case .noRegistry: true
        default: false
        }
    }

    init(_ error: HTTPError, server: String) {
        switch error {
        case .tls(_, let reason): self = .untrusted(server: server, reason: reason)
        case .cannotConnect(_, let reason), .broken(_, let reason), .timedOut(_, let reason):
            self = .unreachable(server: server, reason: reason)
        case .addressBlocked, .redirectRefused, .tooLarge, .invalidRequest:
            self = .unexpectedAnswer(server: server, status: 0, reason: error.description)
        }
    }
}
