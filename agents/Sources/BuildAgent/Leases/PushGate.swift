import AgentProtocol
import TaskModel

/// Lets a run push only while the server allows it.
struct PushGate: Sendable {
    let broker: any RunBroker
    let lease: HeldLease
    let log: RunLogWriter
    var clock: any Clock<Duration> = ContinuousClock()

    /// The grant could not be renewed in time.
    private struct Expired: Error {}

    private struct Grant: Sendable {
        let credential: Credential?
        let duration: Duration
        /// Time since it was asked for.
        let age: @Sendable () -> Duration

        /// When a push is broken off that has no newer grant: a sixth before its end, 10 s of 60.
        var usable: Duration { duration * 5 / 6 }
    }

    /// Does `work` with permission to push an image, which is renewed meanwhile. Where that fails, `work` is broken off
    /// before the permission ends, and done again with a new one. While the server can't be reached it waits.
    ///
    /// - Parameters:
    ///   - waits: false gives up where the server can't be reached.
    ///   - work: may be repeated; given what pushes there, nil for a registry without login.
    /// - Throws: `CancellationError` once the run is to stop; ``BrokerError/pushRefused(_:)`` if it may go on, but not push.
    func holding<Result: Sendable>(
        _ image: ImageReference, waits: Bool = true,
        _ work: @escaping @Sendable (Credential?) async throws -> Result
    ) async throws -> Result {
        while true {
            let grant = try await first(image, waits: waits)
            do {
                return try await renewing(grant, of: image) { try await work(grant.credential) }
            } catch is Expired {
                await log.line(
                    "The permission to push \(image) could not be renewed: the push is broken off, and begins again "
                        + "when the server can be reached.")
            }
        }
    }

    private func first(_ image: ImageReference, waits: Bool) async throws -> Grant {
        guard waits else { return try await ask(image) }
        return try await Outage.enduring(on: clock) { _ in
            await log.line("Waiting for permission to push \(image): the server can't be reached.")
        } _: {
            try await ask(image)
        }
    }

    private func renewing<Result: Sendable>(
        _ grant: Grant, of image: ImageReference, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await self.renew(grant, of: image)
                return nil
            }
            defer { group.cancelAll() }
            while let end = try await group.next() {
                if let result = end { return result }
            }
            throw CancellationError()
        }
    }

    /// Renews a grant until the task is canceled.
    private func renew(_ first: Grant, of image: ImageReference) async throws {
        var grant = first
        while true {
            try await clock.sleep(for: grant.duration / 3)
            grant = try await renewed(grant, of: image)
        }
    }

    private func renewed(_ grant: Grant, of image: ImageReference) async throws -> Grant {
        while true {
            let left = grant.usable - grant.age()
            guard left > .zero else { throw Expired() }
            do {
                return try await Deadline.within(left, on: clock) { try await self.ask(image) }
            } catch BrokerError.unreachable {
                try await clock.sleep(for: min(.seconds(1), grant.duration / 60))
            }
        }
    }

    private func ask(_ image: ImageReference) async throws -> Grant {
        let age = stopwatch(clock)
        do {
            let grant = try await broker.grantPush(lease.id, of: image)
            if let password = grant.credential?.password { await log.hide(password) }
            return Grant(credential: grant.credential, duration: grant.duration, age: age)
        } catch BrokerError.pushRefused(let reason) {
            guard lease.stop == nil else { throw CancellationError() }
            throw BrokerError.pushRefused(reason)
        } catch BrokerError.leaseLost {
            throw CancellationError()
        }
    }

    private func stopwatch(_ clock: some Clock<Duration>) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }
}
