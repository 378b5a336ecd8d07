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

/// Does `work` at once, after each change, and when it asks for it itself, until the server stops. Work that fails is told of, and done again
/// after a second.
///
/// - Parameters:
///   - changes: makes a stream with an element for each change.
///   - work: gives how long it may rest if nothing changes.
func following(
    _ changes: @escaping @Sendable () -> AsyncStream<Void>, logger: Logger, failure: Logger.Message,
    _ work: @escaping @Sendable () async throws -> Duration
) async {
    await cancelWhenGracefulShutdown {
        let signal = Notifier<Bool>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while !Task.isCancelled {
                    for await _ in changes() { signal.notify(true) }
                    // The stream has failed, or the server stops.
                    try? await Task.sleep(for: .seconds(1))
                }
            }
            while !Task.isCancelled {
                let mark = signal.mark()
                var pause = Duration.seconds(1)
                do {
                    pause = try await work()
                } catch  where !Task.isCancelled {
                    logger.warning(failure, metadata: ["error": "\(error)"])
                } catch {}
                await signal.wait(for: true, after: mark, atMost: pause)
            }
            group.cancelAll()
        }
    }
}
