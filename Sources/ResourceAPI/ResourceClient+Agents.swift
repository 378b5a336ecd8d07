extension ResourceClient {
    /// The agents of a pool (`GET P/agentPools/N/agents`).
    public func agents(ofPool id: ResourceID) async throws -> [AgentResource] {
        try await list("\(id)/agents", apiVersion: APIVersion.runs)
    }

    /// Lets an agent take no new run (`POST …/agents/A/drain`).
    public func drainAgent(_ agent: String, ofPool id: ResourceID) async throws -> AgentResource {
        try await post("\(id)/agents/\(agent)/drain", apiVersion: APIVersion.runs)
    }

    /// Lets it take runs again (`POST …/agents/A/resume`).
    public func resumeAgent(_ agent: String, ofPool id: ResourceID) async throws -> AgentResource {
        try await post("\(id)/agents/\(agent)/resume", apiVersion: APIVersion.runs)
    }

    /// Takes an agent away, whose key is good no more (`DELETE …/agents/A`).
    public func removeAgent(_ agent: String, ofPool id: ResourceID) async throws {
        try await delete("\(id)/agents/\(agent)", apiVersion: APIVersion.runs)
    }

    /// The join tokens of a pool (`GET P/agentPools/N/joinTokens`).
    public func joinTokens(ofPool id: ResourceID) async throws -> [JoinTokenResource] {
        try await list("\(id)/joinTokens", apiVersion: APIVersion.runs)
    }

    /// Makes a join token; the answer alone has its text (`POST P/agentPools/N/joinTokens`).
    public func makeJoinToken(ofPool id: ResourceID, _ request: JoinTokenRequest) async throws -> JoinTokenResource {
        try await post("\(id)/joinTokens", apiVersion: APIVersion.runs, body: request)
    }

    /// `DELETE P/agentPools/N/joinTokens/T`.
    public func revokeJoinToken(_ token: String, ofPool id: ResourceID) async throws {
        try await delete("\(id)/joinTokens/\(token)", apiVersion: APIVersion.runs)
    }
}
