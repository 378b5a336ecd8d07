import DockerEngine
import Scheduling
import TaskModel

/// The build caches of the daemons that the embedded agents use.
struct EmbeddedCaches: PoolCaches {
    private let clients: [String: DockerClient]
    private let first: DockerClient?

    init(_ pools: [AgentPool]) throws {
        var clients: [String: DockerClient] = [:]
        // Those without an agent in the server have a daemon elsewhere.
        let pools = pools.filter { $0.slots > 0 }
        for pool in pools { clients[pool.name.lowercased()] = try DockerClient(endpoint: pool.dockerEndpoint) }
        self.clients = clients
        // Pools that registries have for themselves are served as the first one.
        first = pools.first.flatMap { clients[$0.name.lowercased()] }
    }

    func usage(of pool: PoolID) async throws -> CacheUsage {
        try await asking(pool) { try await $0.buildCacheUsage() }
    }

    func prune(_ pool: PoolID, _ pruning: CachePruning) async throws -> PrunedCache {
        try await asking(pool) { try await $0.pruneBuildCache(pruning) }
    }

    private func asking<Answer>(_ pool: PoolID, _ ask: (DockerClient) async throws -> Answer) async throws -> Answer {
        guard let client = pool.registry == nil ? clients[pool.name.lowercased()] : first else {
            throw PoolServiceError.cacheUnreachable(pool.name, reason: "no agent of this server serves the pool")
        }
        do {
            return try await ask(client)
        } catch let error as DockerError {
            throw PoolServiceError.cacheUnreachable(pool.name, reason: "\(error)")
        }
    }
}
