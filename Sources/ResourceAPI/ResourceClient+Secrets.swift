public import TaskModel

/// Secrets that runs of a registry may name. One that is not there is ``ResourceError/refused`` with 404.
extension ResourceClient {
    /// `GET P/secrets`, by location.
    public func secrets(in registry: ResourceID) async throws -> [SecretResource] {
        try await list("\(registry)/secrets", apiVersion: APIVersion.secrets)
    }

    /// Sets a new version (`PUT P/secrets/VAULT/NAME`).
    ///
    /// - Returns: the secret with all its versions, the new one first.
    public func putSecret(
        _ value: Secret, at location: SecretLocation, in registry: ResourceID
    ) async throws -> SecretResource {
        try await put(
            Self.path(of: location, in: registry), apiVersion: APIVersion.secrets, body: PutSecretRequest(value: value))
    }

    /// Removes all versions, or the one that the location names (`DELETE P/secrets/VAULT/NAME[/VERSION]`).
    public func deleteSecret(_ location: SecretLocation, in registry: ResourceID) async throws {
        try await delete(Self.path(of: location, in: registry), apiVersion: APIVersion.secrets)
    }

    private static func path(of location: SecretLocation, in registry: ResourceID) -> String {
        (["\(registry)/secrets", location.vault, location.name] + [location.version].compactMap(\.self))
            .joined(separator: "/")
    }
}
