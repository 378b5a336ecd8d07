import ArgumentParser
import ResourceAPI
import TaskModel

struct PoolCache: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "Show and prune the build cache of an agent pool.",
        subcommands: [PoolCacheShow.self, PoolCachePrune.self], defaultSubcommand: PoolCacheShow.self)
}

/// The pool whose cache is meant.
struct CachedPool: ParsableArguments {
    @Argument(help: "The pool's name. Default: the first one.")
    var pool: String?

    func id(in connection: Connection) async throws -> ResourceID {
        if let pool { return connection.registry.agentPool(pool) }
        // Every server has one.
        let first = try await connection.client.agentPools(in: connection.registry).first?.name ?? "default"
        return connection.registry.agentPool(first)
    }
}

struct PoolCacheShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show how large the build cache of a pool's daemon is, and how large it may be.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: CachedPool
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let cache = try await connection.client.cache(ofAgentPool: try await pool.id(in: connection))
            try Output(outputOptions).write(
                columns: ["SIZE", "RECLAIMABLE", "RECORDS", "IN USE", "MOST", "OLDEST"],
                rows: [
                    [
                        cache.bytes.map { ByteText($0).short } ?? "",
                        cache.reclaimableBytes.map { ByteText($0).short } ?? "",
                        cache.records.map(String.init) ?? "", cache.recordsInUse.map(String.init) ?? "",
                        cache.maxBytes.map { ByteText($0).short } ?? "",
                        cache.maxAgeSeconds.map { Duration.seconds($0).brief } ?? "",
                    ]
                ], json: try JSONDocument(of: cache))
        }
    }
}

struct PoolCachePrune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove build cache of a pool's daemon.",
        discussion: """
            What was not used for longest goes first; what builds under way use stays. Pools on one daemon share its cache, \
            and so does whoever else builds there. Lasting limits are set in the server's configuration (pools[].cache).
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var pool: CachedPool
    @OptionGroup var outputOptions: OutputOptions

    @Flag(help: "Also remove the builder's own records: frontends, transferred contexts.")
    var all = false

    @Option(help: ArgumentHelp("Stop when no more than this is left, as in 10GiB.", valueName: "size"))
    var keep: ByteAmount?

    @Option(help: ArgumentHelp("Only what was not used for this long, as in 12h or 7d.", valueName: "time"))
    var older: TimeAmount?

    @Flag(name: [.customShort("y"), .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = try await pool.id(in: connection)
            guard try await Question.isConfirmed("Prune the build cache?", unless: yes) else { return }
            let pruned = try await connection.client.pruneCache(
                ofAgentPool: id,
                AgentPoolCachePruning(
                    all: all ? true : nil, keepBytes: keep?.bytes, unusedForSeconds: older?.seconds))
            try Output(outputOptions).write(
                columns: ["REMOVED", "RECORDS"],
                rows: [[pruned.bytes.map { ByteText($0).short } ?? "", pruned.records.map(String.init) ?? ""]],
                json: try JSONDocument(of: pruned))
        }
    }
}
