import AgentProtocol
import Logging
import Synchronization
import TaskModel

/// Why a run is to stop before its work is done.
enum RunStop: Sendable, Hashable {
    case canceled
    /// By the agent's clock, or by the server's.
    case timedOut
    case agentStopping
    /// The server gave the run to somebody else, or has ended it.
    case leaseLost
    /// The server could not be asked for longer than the lease allows.
    case leaseGivenUp

    /// Whether nobody wants to hear of the run any more.
    var isLoss: Bool { self == .leaseLost || self == .leaseGivenUp }
}

/// The lease of one run while the agent has it: renewed in time, and watched by the agent's own clock when the server
/// does not answer.
final class HeldLease: Sendable {
    private struct State {
        var keeper: LeaseKeeper
        /// When ``watch()`` looked last: long ago in a process that was frozen.
        var lastLook: Duration
        var mark: RenewalMark?
        /// When ``watch()`` found that the process had been frozen; nil once a renewal was answered that was sent since.
        var awoke: Duration?
        var stop: RunStop?
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    let id: LeaseID
    private let terms: LeaseTerms
    private let broker: any RunBroker
    private let clock: any Clock<Duration>
    /// Since the lease was made.
    private let now: @Sendable () -> Duration
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter age: how long ago an earlier process of the agent renewed it.
    init(
        _ id: LeaseID, terms: LeaseTerms, isRepeatable: Bool = false, age: Duration = .zero, broker: any RunBroker,
        logger: Logger, clock: some Clock<Duration> = ContinuousClock()
    ) {
        self.id = id
        self.terms = terms
        self.broker = broker
        self.logger = logger
        self.clock = clock
        let start = clock.now
        now = { start.duration(to: clock.now) }
        state = Mutex(State(keeper: LeaseKeeper(terms, isRepeatable: isRepeatable, at: .zero - age), lastLook: .zero))
    }

    /// The server knows that the run has begun.
    func begin() {
        state.withLock { $0.keeper.begin() }
    }

    /// Writes down each renewal, from the last one on.
    func record(in mark: RenewalMark) {
        state.withLock { state in
            state.mark = mark
            note(state)
        }
    }

    private func note(_ state: State) {
        let ago = now() - state.keeper.lastRenewal
        state.mark?.note(BootTime.now - ago.milliseconds)
    }

    // MARK: Stops

    /// The reason to stop, once there is one. A loss takes the place of any other.
    var stop: RunStop? { state.withLock(\.stop) }

    func stop(because reason: RunStop) {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.stop == nil || (reason.isLoss && state.stop?.isLoss == false) else { return [] }
            state.stop = reason
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Waits for a reason to stop.
    ///
    /// - Returns: nil when the task is canceled.
    func waitForStop() async -> RunStop? { await wait { $0 != nil } }

    /// Waits until nobody wants to hear of the run any more, or the task is canceled.
    func waitForLoss() async { _ = await wait { $0?.isLoss == true } }

    private func wait(until isDue: @escaping @Sendable (RunStop?) -> Bool) async -> RunStop? {
        while !Task.isCancelled {
            let stop = self.stop
            if isDue(stop) { return stop }
            let id = state.withLock { state in
                state.nextWaiter += 1
                return state.nextWaiter
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOver = state.withLock { state in
                        if state.stop != stop || Task.isCancelled { return true }
                        state.waiters[id] = continuation
                        return false
                    }
                    if isOver { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
            }
        }
        return nil
    }

    /// Does `work`, and breaks it off once the lease is lost or given up.
    ///
    /// - Returns: nil if it was broken off, or threw.
    func untilLost<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async -> Result? {
        await withTaskGroup(of: Result?.self) { group in
            group.addTask { try? await work() }  // it has logged what it met
            group.addTask {
                await self.waitForLoss()
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }

    // MARK: Keeping

    /// Renews the lease until the task is canceled or the lease is lost or given up.
    func keep() async {
        if state.withLock({ $0.keeper.verdict(at: now()) }) == .givenUp {
            // No process has had it for so long; it may still be the run's.
            do { try await ask(waiting: .zero) } catch {
                logger.warning("lease not renewed", metadata: ["error": "\(error)"])
            }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.renew() }
            group.addTask { await self.watch() }
            await waitForLoss()
            group.cancelAll()
        }
    }

    private func renew() async {
        while !Task.isCancelled {
            do {
                let (answer, took) = try await ask(waiting: terms.renewEvery)
                // What says so at once would say so again and again.
                if answer != .held || took < terms.renewEvery / 2 { try await clock.sleep(for: pause) }
            } catch {
                if Task.isCancelled { return }
                logger.warning("lease not renewed", metadata: ["error": "\(error)"])
                try? await clock.sleep(for: pause)  // canceled: the loop ends
            }
        }
    }

    private var pause: Duration { min(.seconds(1), terms.renewEvery / 4) }

    /// - Returns: also how long the answer took.
    @discardableResult
    private func ask(waiting: Duration) async throws -> (LeaseState, Duration) {
        let sent = now()
        let answer: LeaseState
        do {
            answer = try await Deadline.within(waiting + terms.duration / 6, on: clock) { [broker, id] in
                try await broker.renew(id, waiting: waiting)
            }
        } catch BrokerError.leaseLost {
            answer = .lost
        } catch BrokerError.notAuthorized(let reason) {
            // It has taken the agent's runs away.
            logger.warning("lease not renewed", metadata: ["error": "\(BrokerError.notAuthorized(reason))"])
            answer = .lost
        }
        let (before, after) = state.withLock { state in
            let before = state.keeper.verdict(at: now())
            if answer != .lost {
                state.keeper.renew(sentAt: sent)
                note(state)
                if let awoke = state.awoke, sent >= awoke { state.awoke = nil }
            }
            return (before, state.keeper.verdict(at: now()))
        }
        if before == .holding, after == .held { logger.info("lease renewed again") }
        switch answer {
        case .held: break
        case .canceled: stop(because: .canceled)
        case .timedOut: stop(because: .timedOut)
        case .lost: stop(because: .leaseLost)
        }
        return (answer, now() - sent)
    }

    /// Looks at the clock, more often than verdicts change: a process that was frozen is to notice at once.
    private func watch() async {
        var last = LeaseKeeper.Verdict.held
        while !Task.isCancelled {
            let time = now()
            let (verdict, next) = state.withLock { state in
                if time - state.lastLook > terms.renewEvery { state.awoke = time }
                state.lastLook = time
                return (state.keeper.verdict(at: time), state.keeper.nextChange(after: time))
            }
            if verdict == .holding, last == .held {
                logger.warning("lease held on without the server", metadata: ["most": "\(terms.hold)"])
            }
            last = verdict
            guard let next else { return stop(because: .leaseGivenUp) }
            try? await clock.sleep(for: min(next - time, terms.renewEvery / 5))  // canceled: the loop ends
        }
    }

    /// To be called before anything of the run is begun: a process that was frozen asks the server first whether it
    /// still has the run.
    ///
    /// - Throws: `CancellationError` if the run is to stop.
    func ensureAwake() async throws {
        let isLate = state.withLock { $0.awoke != nil || now() - $0.lastLook > terms.renewEvery }
        if isLate {
            do {
                try await ask(waiting: .zero)
            } catch {
                try Task.checkCancellation()
                logger.warning("lease not renewed", metadata: ["error": "\(error)"])
            }
            let verdict = state.withLock { $0.keeper.verdict(at: now()) }
            if verdict == .givenUp { stop(because: .leaseGivenUp) }
        }
        guard stop == nil else { throw CancellationError() }
    }
}
