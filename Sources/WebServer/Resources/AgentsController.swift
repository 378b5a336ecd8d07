import AgentProtocol
import Hummingbird
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// The agents of pools and their join tokens, which Azure's API does not know: `P/agentPools/N/agents`, `…/joinTokens`.
///
/// A pool of the configuration serves all registries: what changes its agents takes the permission in all of them.
struct AgentsController {
    let registrar: AgentRegistrar

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("agentPools/:pool/agents", needing: .readResources, use: list)
        registry.post("agentPools/:pool/agents/:agent/drain", needing: .writePools, use: drain)
        registry.post("agentPools/:pool/agents/:agent/resume", needing: .writePools, use: resume)
        registry.delete("agentPools/:pool/agents/:agent", needing: .writePools, use: remove)
        registry.get("agentPools/:pool/joinTokens", needing: .administer, use: tokens)
        registry.post("agentPools/:pool/joinTokens", needing: .administer, use: makeToken)
        registry.delete("agentPools/:pool/joinTokens/:token", needing: .administer, use: revokeToken)
    }

    private func list(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let pool = try await registrar.pool(context.parameters.get("pool") ?? "", in: registry)
        return try .json(Page(value: registrar.agents(of: pool).map(AgentResource.init)))
    }

    private func drain(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try await setDraining(true, context, registry)
    }

    private func resume(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try await setDraining(false, context, registry)
    }

    private func setDraining(
        _ isDraining: Bool, _ context: ResourceContext, _ registry: Registry
    ) async throws -> Response {
        let pool = try await pool(context, registry, needing: .writePools)
        let status = try await registrar.setDraining(
            isDraining, context.parameters.get("agent") ?? "", of: pool, by: try context.caller.id)
        return try .json(AgentResource(status))
    }

    private func remove(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let pool = try await pool(context, registry, needing: .writePools)
        try await registrar.remove(context.parameters.get("agent") ?? "", of: pool, by: try context.caller.id)
        return Response(status: .ok)
    }

    private func tokens(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let pool = try await pool(context, registry, needing: .administer)
        return try .json(Page(value: try await registrar.tokens(of: pool).map { JoinTokenResource($0) }))
    }

    private func makeToken(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let pool = try await pool(context, registry, needing: .administer)
        let wire = try await request.decode(JoinTokenRequest.self)
        let made = try await registrar.makeToken(
            for: pool, lifetime: try wire.lifetime(atMost: AgentRegistrar.longestToken), by: try context.caller.id)
        var resource = JoinTokenResource(made.token)
        resource.token = made.text.value
        var response = try Response.json(resource)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func revokeToken(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws
        -> Response
    {
        let pool = try await pool(context, registry, needing: .administer)
        try await registrar.revokeToken(
            context.parameters.get("token") ?? "", of: pool, by: try context.caller.id)
        return Response(status: .ok)
    }

    private func pool(
        _ context: ResourceContext, _ registry: Registry, needing permission: Permission
    ) async throws -> PoolID {
        let pool = try await registrar.pool(context.parameters.get("pool") ?? "", in: registry)
        guard try pool.registry != nil || context.caller.mayEverywhere(permission) else {
            throw ServerError(
                status: .forbidden, code: "AuthorizationFailed",
                message:
                    "Pool '\(pool.name)' serves all registries: this takes a role in all of them, not in \(registry.name) alone."
            )
        }
        return pool
    }
}

extension AgentResource {
    fileprivate init(_ status: AgentStatus) {
        self.init(id: status.description.id.text)
        pool = status.description.pool
        state = status.state.description
        if case .unhealthy(let obstacle) = status.state { reason = obstacle.escapedForDisplay }
        running = status.running
        slots = status.description.slots
        labels = status.description.labels
        version = status.description.version
        host = status.description.host
        silentSeconds = status.silence.components.seconds
    }
}

extension JoinTokenResource {
    fileprivate init(_ token: JoinToken) {
        self.init(id: token.id)
        pool = token.pool.name
        createTime = Timestamp(token.createTime)
        createdBy = token.createdBy
        endTime = token.endTime.map { Timestamp($0) }
        isRevoked = token.isRevoked
        uses = token.uses
        lastUseTime = token.lastUseTime.map { Timestamp($0) }
    }
}
