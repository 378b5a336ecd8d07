public import TaskModel

/// `POST /agent/v1/leases/L/push-grants`.
public struct GrantRequest: Codable, Sendable {
    public var registry: String
    public var repository: String
    public var tag: String?
    public var digest: String?

    public init(_ image: ImageReference) {
        registry = image.registry
        repository = image.repository
        tag = image.tag
        digest = image.digest
    }

    public var image: ImageReference {
        ImageReference(registry: registry, repository: repository, tag: tag, digest: digest)
    }
}

/// The answer to it.
public struct GrantAnswer: Codable, Sendable {
    public var username: String?
    public var password: Secret?
    public var durationMilliseconds: Int64

    public init(_ grant: PushGrant) {
        username = grant.credential?.username
        password = grant.credential?.password
        durationMilliseconds = grant.duration.wholeMilliseconds
    }

    public var grant: PushGrant {
        var credential: Credential?
        if let username, let password { credential = Credential(username: username, password: password) }
        return PushGrant(credential: credential, duration: .milliseconds(durationMilliseconds))
    }
}

/// The answer of `POST /agent/v1/leases/L/renewal`.
public struct RenewalAnswer: Codable, Sendable {
    /// A ``LeaseState``.
    public var state: String

    public init(_ state: LeaseState) {
        self.state = state.rawValue
    }

    /// A state that this version does not know is one to stop at.
    public var leaseState: LeaseState { LeaseState(rawValue: state) ?? .canceled }
}

/// `POST /agent/v1/leases/L/secrets`.
public struct SecretRequest: Codable, Sendable {
    /// `https://VAULT/secrets/NAME[/VERSION]`
    public var location: String

    public init(_ location: SecretLocation) {
        self.location = location.description
    }
}

/// The answer to it.
public struct SecretAnswer: Codable, Sendable {
    public var value: Secret

    public init(_ value: Secret) {
        self.value = value
    }
}
