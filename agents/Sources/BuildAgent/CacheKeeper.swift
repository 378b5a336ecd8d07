public import DockerEngine
public import Logging
import Synchronization
public import TaskModel

/// Keeps the build cache of a pool's daemon within its limits, after runs. What builds under way use is locked by the
/// daemon and stays.
public final class CacheKeeper: Sendable {
    /// How long it leaves the daemon alone after it looked.
    public static let pause = Duration.seconds(300)

    private let client: DockerClient
    private let limits: CacheLimits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let lookedAt = Mutex<ContinuousClock.Instant?>(nil)

    public init(
        client: DockerClient, limits: CacheLimits,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.client = client
        self.limits = limits
        self.now = now
    }

    /// Removes what is over the limits, unless it looked shortly before. Never throws: what could not be done is logged, and
    /// tried again after a later run.
    public func tidy(logger: Logger) async {
        guard limits != CacheLimits(), isDue() else { return }
        do {
            if let age = limits.maxAge {
                try await prune(CachePruning(isWhole: true, unusedFor: age), "age", logger)
            }
            if let bytes = limits.maxBytes {
                try await prune(CachePruning(isWhole: true, keptBytes: bytes), "size", logger)
            }
        } catch {
            logger.warning("build cache not pruned", metadata: ["error": "\(error)"])
        }
    }

    private func isDue() -> Bool {
        let now = now()
        return lookedAt.withLock { last in
            if let last, last.duration(to: now) < Self.pause { return false }
            last = now
            return true
        }
    }

    private func prune(_ pruning: CachePruning, _ limit: String, _ logger: Logger) async throws {
        let pruned = try await client.pruneBuildCache(pruning)
        guard pruned.records > 0 else { return }
        logger.info(
            "build cache pruned",
            metadata: ["limit": "\(limit)", "records": "\(pruned.records)", "bytes": "\(pruned.bytes)"])
    }
}
