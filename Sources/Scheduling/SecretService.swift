import Logging
public import Storage
public import TaskModel

/// Sets, lists and deletes the secrets that runs of a registry may name. Values go to agents only, through ``LocalBroker``.
public struct SecretService: Sendable {
    /// The longest value, in bytes: what key vaults take.
    public static let maxBytes = 25 * 1024

    private let environment: SchedulerEnvironment

    public init(_ environment: SchedulerEnvironment) {
        self.environment = environment
    }

    private var store: SecretStore { environment.secrets }

    /// Stores a new version of a secret.
    ///
    /// - Throws: ``SecretServiceError``
    public func set(
        _ value: Secret, at location: SecretLocation, in registry: Registry, by principal: String
    ) async throws -> StoredSecret {
        guard !value.value.isEmpty else { throw SecretServiceError.empty(location) }
        let bytes = value.value.utf8.count
        guard bytes <= Self.maxBytes else { throw SecretServiceError.tooLarge(bytes: bytes, limit: Self.maxBytes) }
        let stored = try await store.set(
            value, at: location, in: registry.name, by: principal, at: environment.now())
        log("secret written", location, registry, by: principal)
        return stored
    }

    /// By vault and name.
    public func list(in registry: Registry) async throws -> [StoredSecret] {
        try await store.list(in: registry.name)
    }

    /// Removes a secret with all its versions, or the version that the location names.
    ///
    /// - Throws: ``SecretServiceError/notFound(_:)``
    public func delete(_ location: SecretLocation, in registry: Registry, by principal: String) async throws {
        guard try await store.delete(location, in: registry.name) > 0 else {
            throw SecretServiceError.notFound(location)
        }
        log("secret removed", location, registry, by: principal)
    }

    private func log(_ message: Logger.Message, _ location: SecretLocation, _ registry: Registry, by principal: String)
    {
        environment.logger.info(
            message,
            metadata: ["secret": "\(location)", "registry": "\(registry.name)", "principal": "\(principal)"])
    }
}

/// Why a request about secrets is refused. ``code`` is the one the API answers with.
public enum SecretServiceError: Error, Equatable {
    case notFound(SecretLocation)
    case empty(SecretLocation)
    case tooLarge(bytes: Int, limit: Int)

    public var code: String {
        switch self {
        case .notFound: "ResourceNotFound"
        case .empty: "InvalidParameter"
        case .tooLarge: "SecretTooLarge"
        }
    }
}

extension SecretServiceError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let location):
            "There is no secret \(location). 'slipway secret list' shows those there are."
        case .empty(let location):
            "The value for \(location) is empty. Give one, or remove the secret with 'slipway secret delete'."
        case .tooLarge(let bytes, let limit):
            "The value has \(bytes) bytes, over the limit of \(limit). Store less, or split it into several secrets."
        }
    }
}
