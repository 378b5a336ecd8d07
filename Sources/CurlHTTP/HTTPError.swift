/// Why an exchange could not be carried out. A status of 400 or more is no error here.
public enum HTTPError: Error, Equatable {
    /// No connection: no such host, refused, unreachable.
    case cannotConnect(origin: String, reason: String)
    /// The connection broke, or what came was no HTTP.
    case broken(origin: String, reason: String)
    case timedOut(origin: String, reason: String)
    /// The other side's certificate, or the handshake.
    case tls(origin: String, reason: String)
    /// The address policy refuses the address that the host has.
    case addressBlocked(origin: String)
    case redirectRefused(from: String, to: String, reason: String)
    case tooLarge(limit: Int)
    case invalidRequest(String)
}

extension HTTPError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotConnect(let origin, let reason): "Can't connect to \(origin): \(reason)."
        case .broken(let origin, let reason): "The connection to \(origin) broke: \(reason)."
        case .timedOut(let origin, let reason): "\(origin) did not answer in time: \(reason)."
        case .tls(let origin, let reason):
            "No trusted connection to \(origin): \(reason). If its certificate is signed by a CA of your own, add that CA to tls.extraCertificates."
        case .addressBlocked(let origin):
            "The address of \(origin) may not be connected to. If it should be, add \(origin) or its network to sources.allow."
        case .redirectRefused(let from, let to, let reason):
            "\(from) redirects to \(to), which is not followed: \(reason)."
        case .tooLarge(let limit): "The answer has more than \(limit) bytes."
        case .invalidRequest(let reason): "The request can't be sent: \(reason)."
        }
    }
}
