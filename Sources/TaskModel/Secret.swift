/// A text that must not be shown: a password, a token, a secret build argument.
///
/// Every way of turning it into a description prints `***`; ``value`` is the only way to the text.
public struct Secret: Sendable, Hashable {
    public let value: String

    public init(_ value: String) {
        self.value = value
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A user name with the password or token that goes with it.
public struct Credential: Sendable, Hashable {
    public let username: String
    public let password: Secret

    public init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }
}
