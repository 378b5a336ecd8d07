import Foundation

/// An http or https URL that is posted to. Its user info and its query may be secrets, so it describes itself without them.
public struct NotificationURL: Sendable, Hashable {
    /// As written.
    public let secret: Secret
    /// Without user info.
    public let address: Secret
    /// What its user info says.
    public let login: Credential?
    /// `scheme://host[:port]/path`, with `?***` if there is a query.
    public let shown: String

    /// - Throws: ``InvalidName`` if it is none, or has a fragment. What is no URL is not in the error: it may be a secret.
    public init(_ text: String) throws(InvalidName) {
        guard text.utf8.count <= 4096, var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "https" || scheme == "http", parts.host?.isEmpty == false, parts.fragment == nil,
            !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7f })
        else {
            throw InvalidName(
                "***", kind: "URL to post to",
                rule: "write https://HOST[:PORT]/PATH[?QUERY], of at most 4096 bytes and without '#'")
        }
        secret = Secret(text)
        if let user = parts.user {
            login = Credential(username: user, password: Secret(parts.password ?? ""))
        } else {
            login = nil
        }
        (parts.user, parts.password) = (nil, nil)
        address = Secret(parts.string ?? text)
        let query = parts.percentEncodedQuery
        parts.percentEncodedQuery = nil
        shown = (parts.string ?? "\(scheme)://***") + (query == nil ? "" : "?***")
    }
}

extension NotificationURL: CustomStringConvertible {
    public var description: String { shown }
}
