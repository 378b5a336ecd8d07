extension ResourceClient {
    /// The pools that a registry may use (`GET P/agentPools`).
    public func agentPools(in registry: ResourceID) async throws -> [AgentPoolResource] {
        try await list("\(registry)/agentPools", apiVersion: APIVersion.runs)
    }

    /// `GET P/agentPools/N`.
    public func agentPool(_ id: ResourceID) async throws -> AgentPoolResource {
        try await get(id.description, apiVersion: APIVersion.runs)
    }

    /// Makes a pool, or replaces the one of that name (`PUT P/agentPools/N`).
    public func putAgentPool(_ id: ResourceID, _ request: AgentPoolRequest) async throws -> AgentPoolResource {
        try await put(id.description, apiVersion: APIVersion.runs, body: request)
    }

    /// Changes a pool (`PATCH P/agentPools/N`).
    public func updateAgentPool(_ id: ResourceID, _ request: AgentPoolRequest) async throws -> AgentPoolResource {
        try await patch(id.description, apiVersion: APIVersion.runs, body: request)
    }

    /// `DELETE P/agentPools/N`.
    public func deleteAgentPool(_ id: ResourceID) async throws {
        try await delete(id.description, apiVersion: APIVersion.runs)
    }

    /// The build cache of a pool's daemon (`GET P/agentPools/N/cache`).
    public func cache(ofAgentPool id: ResourceID) async throws -> AgentPoolCache {
        try await get("\(id)/cache", apiVersion: APIVersion.runs)
    }

    /// Removes build cache (`POST P/agentPools/N/cache/prune`).
    public func pruneCache(ofAgentPool id: ResourceID, _ pruning: AgentPoolCachePruning) async throws
        -> PrunedAgentPoolCache
    {
        try await post("\(id)/cache/prune", apiVersion: APIVersion.runs, body: pruning)
    }

    /// How many runs wait in a pool (`POST P/agentPools/N/listQueueStatus`).
    public func queueStatus(ofAgentPool id: ResourceID) async throws -> AgentPoolQueueStatus {
        try await post("\(id)/listQueueStatus", apiVersion: APIVersion.runs)
    }
}
