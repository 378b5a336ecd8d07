import Logging
import WebServer

/// Limits that an administrator can change.
struct ServerLimits: Sendable, Equatable {
    let contextPackedBytes: Int64
    let contextUnpackedBytes: Int64
    let contextEntries: Int
    /// What each pool's copies of git repositories may take on the disk.
    let gitCacheBytes: Int64
    /// Where the log of a run is cut.
    let logBytes: Int64
    /// The largest archive of an image that is kept for a download, and how long it is.
    let outputBytes: Int64
    let outputLifetime: Duration
    /// How long after their ends runs and their logs are kept.
    let runLifetime: Duration
    /// For runs that don't say; at most ``maxRunTimeout``.
    let runTimeout: Duration
    /// The most that a run may ask for.
    let maxRunTimeout: Duration
    /// The longest that a run may wait.
    let queueTime: Duration
    /// How many runs may be waiting.
    let maxQueued: Int
    /// Below this much free space nothing new is accepted.
    let diskReserveBytes: Int64
    let requests: RequestLimits
}

extension ServerLimits {
    init(_ values: SettingValues) throws(ConfigurationError) {
        contextPackedBytes = try values.bytes("limits.contextPackedBytes")
        contextUnpackedBytes = try values.bytes("limits.contextUnpackedBytes")
        contextEntries = try values.integer("limits.contextEntries", in: 1...100_000_000) ?? 500_000
        gitCacheBytes = try values.bytes("limits.gitCacheBytes")
        logBytes = try values.bytes("limits.logBytes")
        outputBytes = try values.bytes("limits.outputBytes")
        outputLifetime = try values.duration("limits.outputLifetime", in: 60...31_536_000)
        runLifetime = try values.duration("limits.runLifetime", in: 3600...3_153_600_000)
        maxRunTimeout = try values.duration("limits.maxRunTimeout", in: 1...604_800)
        let most = Int(maxRunTimeout.components.seconds)
        // A lower maximum is not to fail because of a default that nobody chose.
        runTimeout =
            values.isGiven("limits.runTimeout")
            ? try values.duration("limits.runTimeout", in: 1...most)
            : min(maxRunTimeout, try values.duration("limits.runTimeout", in: 1...604_800))
        queueTime = try values.duration("limits.queueTime", in: 1...31_536_000)
        maxQueued = try values.integer("limits.maxQueued", in: 1...10_000_000) ?? 10_000
        diskReserveBytes = try values.bytes("limits.diskReserveBytes")
        requests = RequestLimits(
            requestsPerSecond: try values.integer("limits.requestsPerSecond", in: 1...1_000_000) ?? 50,
            requestBurst: try values.integer("limits.requestBurst", in: 1...1_000_000) ?? 500,
            failedLoginsPerMinute: try values.integer("limits.failedLoginsPerMinute", in: 1...1_000_000) ?? 20)
    }
}

/// How the server logs.
struct LogSettings: Sendable, Equatable {
    enum Format: String, Sendable { case text, json }

    static let levels = Logger.Level.allCases.map(\.rawValue)

    let level: Logger.Level
    let format: Format

    init(_ values: SettingValues) throws(ConfigurationError) {
        let levels = "one of \(Self.levels.joined(separator: ", "))"
        level = try values.require("log.level", expected: levels, Logger.Level.init(rawValue:))
        format = try values.require("log.format", expected: "text or json", Format.init(rawValue:))
    }
}
