/// What registries call to tell what was pushed. One that is not there is ``ResourceError/refused`` with 404.
extension ResourceClient {
    /// `GET P/registryHooks`, by name; without secrets.
    public func registryHooks(in registry: ResourceID) async throws -> [RegistryHookResource] {
        try await list("\(registry)/registryHooks", apiVersion: APIVersion.registryHooks)
    }

    /// Makes or changes one (`PUT P/registryHooks/NAME`). The answer has its secret.
    public func putRegistryHook(_ name: String, _ hook: PutRegistryHookRequest, in registry: ResourceID) async throws
        -> RegistryHookResource
    {
        try await put("\(registry)/registryHooks/\(name)", apiVersion: APIVersion.registryHooks, body: hook)
    }

    /// `POST P/registryHooks/NAME/listDetails`: with its secret, for those who may see it.
    public func registryHook(_ name: String, in registry: ResourceID) async throws -> RegistryHookResource {
        try await post("\(registry)/registryHooks/\(name)/listDetails", apiVersion: APIVersion.registryHooks)
    }

    /// `DELETE P/registryHooks/NAME`
    public func deleteRegistryHook(_ name: String, in registry: ResourceID) async throws {
        try await delete("\(registry)/registryHooks/\(name)", apiVersion: APIVersion.registryHooks)
    }
}
