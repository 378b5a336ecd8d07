import Logging
import ServiceLifecycle

/// Does `work` at once, and again each time that `interval` has passed after it, until the server stops. Work that fails
/// is told of, and done again when it is due.
func repeating(
    every interval: Duration, on clock: any Clock<Duration> = ContinuousClock(), logger: Logger,
    failure: Logger.Message, _ work: @escaping @Sendable () async throws -> Void
) async {
    await cancelWhenGracefulShutdown {
        while !Task.isCancelled {
            do {
                try await work()
            } catch  where !Task.isCancelled {
                logger.warning(failure, metadata: ["error": "\(error)"])
            } catch {}
            try? await clock.sleep(for: interval)  // canceled: the loop ends
        }
    }
}
