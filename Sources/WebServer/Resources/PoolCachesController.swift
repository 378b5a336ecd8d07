import Hummingbird
import ResourceAPI
import Scheduling
import TaskModel

/// The build caches of agent pools, which Azure's API does not know: `P/agentPools/N/cache`.
struct PoolCachesController {
    let pools: PoolService

    func addRoutes(to registry: RegistryRoutes) {
        registry.get("agentPools/:pool/cache", needing: .readResources, use: show)
        registry.post("agentPools/:pool/cache/prune", needing: .writePools, use: prune)
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        try .json(AgentPoolCache(try await pools.cache(of: name(context), in: registry)))
    }

    private func prune(_ request: Request, _ context: ResourceContext, _ registry: Registry) async throws -> Response {
        let pruning = try CachePruning(try await request.decode(AgentPoolCachePruning.self))
        let pruned = try await pools.pruneCache(
            of: name(context), in: registry, pruning, by: try context.caller.id)
        return try .json(PrunedAgentPoolCache(bytes: pruned.bytes, records: pruned.records))
    }

    private func name(_ context: ResourceContext) -> String {
        context.parameters.get("pool") ?? ""
    }
}

extension AgentPoolCache {
    fileprivate init(_ cache: PoolCache) {
        self.init(
            bytes: cache.usage.bytes, reclaimableBytes: cache.usage.reclaimableBytes, records: cache.usage.records,
            recordsInUse: cache.usage.recordsInUse, maxBytes: cache.limits.maxBytes,
            maxAgeSeconds: cache.limits.maxAge?.components.seconds)
    }
}
