import HTTPTypes
import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// Agent pools of a registry: `P/agentPools`.
///
/// Everything is done when it is answered, so clients have nothing to wait for.
struct AgentPoolsController {
    let directory: RegistryDirectory
    let pools: PoolService

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("agentPools", needing: .readResources, use: list)
        registry.get("agentPools/:pool", needing: .readResources, use: show)
        registry.put("agentPools/:pool", needing: .writePools, use: put)
        registry.patch("agentPools/:pool", needing: .writePools, use: update)
        registry.delete("agentPools/:pool", needing: .writePools, use: delete)
        registry.post("agentPools/:pool/listQueueStatus", needing: .readResources, use: queueStatus)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        return try .json(Page(value: try await pools.list(in: registry).map { resource($0, in: registry) }))
    }

    /// The Azure CLI asks for a pool once more after it was deleted. Not found is an error for it then, and `Deleting` makes it sleep for
    /// 30 s; so this once it is shown the pool as it was.
    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let command = HTTPField.Name("CommandName").flatMap { request.headers[$0] }
        if command == "acr agentpool delete" {
            return try .json(resource(try await pools.showOnceMore(name(context), in: registry), in: registry))
        }
        let pool = try await pools.show(name(context), in: registry)
        var resource = resource(pool, in: registry)
        if !pool.isRemoved {
            let load = try await pools.load(of: pool.name, in: registry)
            resource.properties?.busySlots = load.underWay
            resource.properties?.queuedRuns = load.queued
        }
        return try .json(resource)
    }

    private func put(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(AgentPoolRequest.self)
        let pool = try RegistryPool(wire, name: name(context), registry: registry.name)
        return try .json(resource(try await pools.put(pool, by: try context.caller.id), in: registry))
    }

    /// Only the count can change.
    private func update(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wire = try await request.decode(AgentPoolRequest.self)
        guard let count = wire.properties?.count else {
            return try .json(resource(try await pools.show(name(context), in: registry), in: registry))
        }
        let pool = try await pools.setCount(
            try RegistryPool.checkedCount(count), of: name(context), in: registry, by: try context.caller.id)
        return try .json(resource(pool, in: registry))
    }

    private func delete(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let wasThere = try await pools.remove(name(context), in: registry, by: try context.caller.id)
        return Response(status: wasThere ? .accepted : .noContent)
    }

    private func queueStatus(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        return try .json(AgentPoolQueueStatus(count: try await pools.load(of: name(context), in: registry).queued))
    }

    private func name(_ context: ResourceContext) -> String {
        context.parameters.get("pool") ?? ""
    }

    private func resource(_ pool: PoolRecord, in registry: Registry) -> AgentPoolResource {
        var properties = AgentPoolProperties(
            count: pool.count, tier: pool.tier?.rawValue, os: "Linux", virtualNetworkSubnetResourceId: pool.subnet,
            provisioningState: pool.isRemoved ? "Deleting" : "Succeeded")
        if pool.isConfigured { properties.isConfigured = true }
        return AgentPoolResource(
            id: directory.id(of: registry).agentPool(pool.name).description, name: pool.name,
            type: ResourceID.agentPoolType, location: RegistryDirectory.location, properties: properties)
    }
}
