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
    private let builds = Mutex(BuildLedger())
    private let news: AsyncStream<News>
    private let source: AsyncStream<News>.Continuation

    private enum News: Sendable {
        case event(RunEvent)
        /// Of vertexes: all that have changed until it is read are told at once.
        case vertices
    }

    init() {
        (news, source) = AsyncStream.makeStream()
    }

    /// In the order of the task file.
    var all: [StepResult] { results.withLock(\.self) }

    subscript(id: String) -> StepResult? { results.withLock { $0.first { $0.id == id } } }

    /// How long a step took; nil while it has not ended.
    func elapsed(of id: String) -> Duration? { times.withLock { $0.durations[id] } }

    func plan(_ steps: [StepResult]) {
        results.withLock { $0 = steps }
        source.yield(.event(.planned(steps)))
    }

    func begin(_ id: String) {
        times.withLock { $0.starts[id] = .now }
        change(id) { step in
            step.status = .running
            step.startTime = Date()
        }
    }

    /// A step that an earlier process of the agent began.
    func resume(_ id: String) {
        times.withLock { $0.starts[id] = .now }
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

    // MARK: Builds

    /// What is known of the builds of the run.
    var vertices: [BuildVertices] { builds.withLock(\.all) }

    /// One more build begins.
    func begin(_ lane: BuildLedger.Lane) {
        builds.withLock { $0.begin(lane) }
    }

    /// - Parameter vertices: secrets masked.
    func note(_ vertices: [BuildVertex], of lane: BuildLedger.Lane) {
        change { $0.note(vertices, of: lane) }
    }

    /// The build is over, whichever way.
    func end(_ lane: BuildLedger.Lane) {
        change { $0.end(lane) }
    }

    private func change(_ change: (inout BuildLedger) -> Void) {
        let isNews = builds.withLock { builds in
            let hadNews = builds.hasNews
            change(&builds)
            return !hadNews && builds.hasNews
        }
        if isNews { source.yield(.vertices) }
    }

    // MARK: The end

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
        for step in changed where [.interrupted, .skipped].contains(step.status) { source.yield(.event(.step(step))) }
        source.finish()
    }

    private func change(_ id: String, isTold: Bool = true, _ change: (inout StepResult) -> Void) {
        let changed = results.withLock { results -> StepResult? in
            guard let index = results.firstIndex(where: { $0.id == id }) else { return nil }
            change(&results[index])
            return results[index]
        }
        if isTold, let changed { source.yield(.event(.step(changed))) }
    }

    /// Tells the broker what is noted, until ``close()`` was called and all is told. It only tells: what can't be told
    /// in a few attempts is left out.
    func report(to broker: any RunBroker, for lease: LeaseID, logger: Logger) async {
        for await news in news {
            let events: [RunEvent] =
                switch news {
                case .event(let event): [event]
                case .vertices: builds.withLock { $0.takeNews() }.map { .vertices($0) }
                }
            for event in events {
                guard await tell(event, to: broker, for: lease, logger: logger) else { return }
            }
        }
    }

    /// - Returns: false once the lease is lost.
    private func tell(_ event: RunEvent, to broker: any RunBroker, for lease: LeaseID, logger: Logger) async -> Bool {
        for attempt in 1...3 {
            do {
                try await broker.report(event, for: lease)
                break
            } catch BrokerError.leaseLost {
                return false
            } catch {
                logger.warning("step not recorded", metadata: ["error": "\(error)", "attempt": "\(attempt)"])
                try? await Task.sleep(for: .milliseconds(200 << attempt))  // this task is never canceled
            }
        }
        return true
    }
}
