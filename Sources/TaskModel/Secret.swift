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

/// A secret is written by an encoder only if ``revealing`` is true in its `userInfo`: where the result is encrypted, or
/// goes to somebody who may see it. Otherwise encoding fails.
extension Secret: Codable {
    public static let revealing = CodingUserInfoKey(rawValue: "slipway.revealing-secrets")

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        guard let key = Self.revealing, encoder.userInfo[key] as? Bool == true else {
            throw EncodingError.invalidValue(
                self,
                EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "a secret is not written here"))
        }
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
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
