import ArgumentParser
import ResourceAPI
import TaskModel

struct PoolShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an agent pool, how busy it is, and how many runs wait.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: PoolName
    @OptionGroup var outputOptions: OutputOptions

    @Flag(help: "Only tell how many runs wait.")
    var queueCount = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = connection.registry.agentPool(pool.name)
            let output = Output(outputOptions)
            if queueCount {
                let status = try await connection.client.queueStatus(ofAgentPool: id)
                try output.write(
                    columns: ["COUNT"], rows: [[status.count.map(String.init) ?? ""]],
                    json: try JSONDocument(of: status))
                return
            }
            let shown = try await connection.client.agentPool(id)
            try output.write(shown)
            if output.format == .table {
                describe(shown.properties ?? AgentPoolProperties())
                if let cache = await cache(of: id, connection) { describe(cache) }
            }
        }
    }

    /// Nil if the pool's daemon does not say in a few seconds: it may have much to measure, or not answer at all.
    private func cache(of pool: ResourceID, _ connection: Connection) async -> AgentPoolCache? {
        await withTaskGroup(of: AgentPoolCache?.self) { group in
            group.addTask { try? await connection.client.cache(ofAgentPool: pool) }
            group.addTask {
                try? await Task.sleep(for: .seconds(5))  // canceled: the cache is there
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    private func describe(_ cache: AgentPoolCache) {
        guard let bytes = cache.bytes, let reclaimable = cache.reclaimableBytes, let records = cache.records else {
            return
        }
        var limits: [String] = []
        if let most = cache.maxBytes { limits.append("at most \(ByteText(most).short)") }
        if let age = cache.maxAgeSeconds { limits.append("unused for at most \(Duration.seconds(age).brief)") }
        let limit = limits.isEmpty ? "as the daemon collects it" : limits.joined(separator: ", ")
        Terminal.print(
            "\nBuild cache: \(ByteText(bytes).short) in \(records) records, \(ByteText(reclaimable).short) reclaimable; \(limit)."
        )
    }

    /// What has no column.
    private func describe(_ pool: AgentPoolProperties) {
        if let busy = pool.busySlots, let queued = pool.queuedRuns {
            Terminal.print("\nBusy: \(busy) of \(pool.count ?? 0). Queued: \(queued).")
        }
        if pool.isConfigured == true {
            Terminal.print("\nThe pool belongs to the server's configuration, and is changed only there.")
        }
    }
}
