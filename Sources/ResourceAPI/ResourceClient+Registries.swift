import TaskModel

extension ResourceClient {
    /// The subscriptions that the login may see (`GET /subscriptions`).
    public func subscriptions() async throws -> [SubscriptionResource] {
        try await list("/subscriptions", apiVersion: APIVersion.subscriptions)
    }

    /// Every registry of every subscription (`GET /subscriptions/S/resources`).
    public func registries() async throws -> [GenericResource] {
        var found: [GenericResource] = []
        for subscription in try await subscriptions() {
            found += try await list(
                "/subscriptions/\(subscription.subscriptionId)/resources", apiVersion: APIVersion.resources,
                query: [("$filter", "resourceType eq '\(ResourceID.registryType)'")])
        }
        return found
    }

    /// Finds a registry by its name, without regard to case.
    ///
    /// - Parameter name: nil for the only one there is.
    /// - Throws: ``ResourceError/noRegistry(name:known:)``, ``ResourceError/severalRegistries(_:)`` if `name` is nil
    ///   and there are more.
    public func findRegistry(named name: String?) async throws -> ResourceID {
        let registries = try await registries()
        let matches = name.map { name in registries.filter { $0.name.lowercased() == name.lowercased() } } ?? registries
        guard let match = matches.first, let id = ResourceID(match.id) else {
            throw ResourceError.noRegistry(name: name, known: registries.map(\.name))
        }
        guard matches.count == 1 else { throw ResourceError.severalRegistries(matches.map(\.name)) }
        return id
    }

    /// `GET P`.
    public func registry(_ id: ResourceID) async throws -> RegistryResource {
        try await get(id.description, apiVersion: APIVersion.registries)
    }
}
