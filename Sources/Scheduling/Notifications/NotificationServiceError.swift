public import CurlHTTP
import TaskModel

/// Why a request about notifications is refused. ``code`` is the one the API answers with.
public enum NotificationServiceError: Error, Equatable {
    case notFound(String)
    case deliveryNotFound(String, target: String)
    case tooMany(limit: Int)
    /// http where that is not allowed.
    case plain(HTTPOrigin)
    /// The URL names no host and port that can be connected to.
    case noOrigin

    public var code: String {
        switch self {
        case .notFound, .deliveryNotFound: "ResourceNotFound"
        case .tooMany: "TooManyNotifications"
        case .plain, .noOrigin: "InvalidParameter"
        }
    }
}

extension NotificationServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let name):
            "There is no notification '\(name.escapedForDisplay)'. 'slipway notification list' shows those there are."
        case .deliveryNotFound(let id, let target):
            "Notification '\(target)' has no delivery '\(id.escapedForDisplay)' (any more). "
                + "'slipway notification deliveries --name \(target)' shows those of the last 7 days."
        case .tooMany(let limit):
            "A registry has at most \(limit) notifications. Delete one, or let one URL serve several tasks."
        case .plain(let origin):
            "\(origin) has no encryption. Use https, or have \(origin) added to sources.allow."
        case .noOrigin: "The URL names no host and port. Write it as https://HOST[:PORT]/PATH."
        }
    }
}
