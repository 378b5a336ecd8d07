import AgentProtocol
import Foundation
import Logging
import Synchronization
import TaskModel

/// What becomes of the steps of one run. Each change is told to the broker, in order, by ``report(to:for:logger:)``.
final class StepLedger: Sendable {
    private let results = Mutex<[StepResult]>([])
    /// When steps began, and how long they took, by a clock that nobody sets.
    private let times = Mutex<(starts: [String: ContinuousClock.Instant], durations: [String: Duration])>(([:], [:]))
    private let events: AsyncStream<RunEvent>
    private let source: AsyncStream<RunEvent>.Continuation

    init() {
        (events, source) = AsyncStream.makeStream()
    }

    /// In the order of the task file.
    var all: [StepResult] { results.withLock(\.self) }

    subscript(id: String) -> StepResult? { results.withLock { $0.first { $0.id == id } } }

    /// How long a step took; nil while it has not ended.
    func elapsed(of id: String) -> Duration? { times.withLock { $0.durations[id] } }

    func plan(_ steps: [StepResult]) {
        results.withLock { $0 = steps }
        source.yield(.planned(steps))
    }

    func begin(_ id: String) {
        times.withLock { $0.starts[id] = .now }
        change(id) { step in
            step.status = .running
            step.startTime = Date()
        }
    }

    /// One more container or build begins.
    func launch(_ id: String) {
        change(id) { $0.launches += 1 }
    }

    /// - Parameter exitCode: nil leaves the one that is noted.
    func note(exitCode: Int?, of id: String) {
        guard let exitCode else { return }
        change(id, isTold: false) { $0.exitCode = exitCode }
    }

    func end(_ id: String, _ status: StepResult.Status, message: String? = nil) {
        times.withLock { times in times.durations[id] = times.starts[id]?.duration(to: .now) }
        change(id) { step in
            step.status = status
            step.message = message
            step.finishTime = Date()
        }
    }

    /// The run is over: what still runs was interrupted, what has not begun never will.
    func close() {
        let now = Date()
        let changed = results.withLock { results in
            for index in results.indices {
                switch results[index].status {
                case .running:
                    results[index].status = .interrupted
                    results[index].finishTime = now
                case .waiting: results[index].status = .skipped
                case .successful, .failed, .interrupted, .skipped: continue
                }
            }
            return results
        }
        for step in changed where [.interrupted, .skipped].contains(step.status) { source.yield(.step(step)) }
        source.finish()
    }

    private func change(_ id: String, isTold: Bool = true, _ change: (inout StepResult) -> Void) {
        let changed = results.withLock { results -> StepResult? in
            guard let index = results.firstIndex(where: { $0.id == id }) else { return nil }
            change(&results[index])
            return results[index]
        }
        if isTold, let changed { source.yield(.step(changed)) }
    }

    /// Tells the broker what is noted, until ``close()`` was called and all is told. It only tells: what can't be told
    /// in a few attempts is left out.
    func report(to broker: any RunBroker, for lease: LeaseID, logger: Logger) async {
        var isLost = false
        for await event in events where !isLost {
            for attempt in 1...3 {
                do {
                    try await broker.report(event, for: lease)
                    break
                } catch BrokerError.leaseLost {
                    isLost = true
                    break
                } catch {
                    logger.warning("step not recorded", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                    try? await Task.sleep(for: .milliseconds(200 << attempt))  // this task is never canceled
                }
            }
        }
    }
}
