import Logging
import ServiceLifecycle

/// Does `work` whenever there is a signal, and each time that `interval` has passed, until the server stops. Signals that come while it is
/// done are one. Work that fails is told of, and done again when it is due.
func repeating(
    every interval: Duration, andOn signals: AsyncStream<Void>, clock: any Clock<Duration> = ContinuousClock(),
    logger: Logger, failure: Logger.Message, _ work: @escaping @Sendable () async throws -> Void
) async {
    let (reasons, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    await cancelWhenGracefulShutdown {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await _ in signals { continuation.yield() }
            }
            group.addTask {
                while !Task.isCancelled {
                    try? await clock.sleep(for: interval)  // canceled: the loop ends
                    continuation.yield()
                }
            }
            for await _ in reasons {
                do {
                    try await work()
                } catch  where !Task.isCancelled {
                    logger.warning(failure, metadata: ["error": "\(error)"])
                } catch {}
            }
        }
    }
}
