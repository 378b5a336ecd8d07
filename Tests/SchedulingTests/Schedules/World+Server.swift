import AgentProtocol
import TaskModel

@testable import Scheduling

/// The server of a schedule: what ``LocalBroker``, ``LeaseReaper`` and ``RunDeadline`` do.
extension World {
    private var uptime: Duration { .milliseconds(now) }

    private func holding(_ attempt: Int) -> LeaseTable.Holding {
        LeaseTable.Holding(
            lease: LeaseID(attempts[attempt].lease), run: RunID(sequence: Int64(attempts[attempt].run)),
            agent: "a", pool: Self.pool, logStart: Int64(attempt))
    }

    private static let pool = PoolID(name: "p")

    private var deadline: Duration { .milliseconds(now + 3 * period) }

    /// Whether the lease is one that goes on; one that the store has and the table has not is added.
    private mutating func isHolding(_ attempt: Int) -> Bool {
        let lease = LeaseID(attempts[attempt].lease)
        if table.find(lease) != nil { return true }
        let run = runs[attempts[attempt].run]
        guard run.standing(of: lease.text) != .lost else { return false }
        table.add(holding(attempt), stop: run.stop, deadline: deadline, at: uptime)
        return true
    }

    mutating func look() throws(Broken) {
        for lost in table.takeLost(at: uptime) {
            if now < databaseBackAt {
                lastTrouble = now
                table.restore([lost.lease], at: uptime)
                continue
            }
            try lose(lost)
        }
        for overdue in table.takeOverdue(at: uptime) {
            let attempt = Int(overdue.logStart)
            if try change(attempts[attempt].run, { $0.requestTimeout(overdue.lease.text) }) {
                table.requestStop(of: overdue.run, .timeout)
            }
        }
    }

    private mutating func lose(_ lost: LeaseTable.Holding) throws(Broken) {
        let attempt = Int(lost.logStart)
        let silence = now - attempts[attempt].lastHeard
        if silence < period { throw broken("T5", "lost after \(silence) ms") }
        if lastTrouble < attempts[attempt].lastHeard, silence > period + period / 9 {
            throw broken("T5", "lost only after \(silence) ms")
        }
        let run = attempts[attempt].run
        let loss = try change(run) { $0.lose(lost.lease.text) }
        table.remove(lost.lease)
        if loss != nil, runs[run].handOuts > RunMachine.maxHandOuts { throw broken("D4", "\(runs[run])") }
    }

    mutating func restart() {
        isServerUp = true
        table = LeaseTable(terms: terms)
        for attempt in attempts.indices { _ = isHolding(attempt) }
    }

    mutating func answer(_ request: Request, of agent: Int, life: Int, sent: Int) throws(Broken) {
        let reply: Reply
        switch request {
        case .next:
            guard now >= databaseBackAt, let attempt = try claim(for: agent) else { return }
            reply = .assigned(attempt: attempt)
            // The connection broke, or seemed to.
            if random.percent(3) {
                let lease = attempts[attempt].lease
                if try change(attempts[attempt].run, { $0.giveBack(lease) }) { table.remove(LeaseID(lease)) }
            }
        case .renew(let attempt):
            let standing = isHolding(attempt) ? table.renew(LeaseID(attempts[attempt].lease), at: uptime) : nil
            if let standing, standing != .lost { attempts[attempt].lastHeard = now }
            reply = .renewed(attempt: attempt, standing ?? .lost)
        case .begin(let attempt):
            guard now >= databaseBackAt else { return }
            let lease = attempts[attempt].lease
            reply = .begun(
                attempt: attempt, isAccepted: try change(attempts[attempt].run) { $0.begin(lease) })
        case .grant(let attempt):
            guard now >= databaseBackAt else { return }
            let duration = isHolding(attempt) ? table.grant(LeaseID(attempts[attempt].lease), at: uptime) : nil
            if runs[attempts[attempt].run].mayPush(attempts[attempt].lease), let duration {
                reply = .granted(attempt: attempt, Int(duration / .milliseconds(1)))
            } else {
                reply = .refused(attempt: attempt)
            }
        case .finish(let attempt, let status):
            guard now >= databaseBackAt else { return }
            let lease = attempts[attempt].lease
            let before = runs[attempts[attempt].run]
            let end = try change(attempts[attempt].run) { $0.finish(lease, as: status) }
            if end != nil, before.lease != lease { throw broken("N6", "a finish of \(lease) was taken for \(before)") }
            if before.isUnderWay, before.isCancelRequested, let end, end != .canceled {
                throw broken("M4", "canceled, and ended as \(end)")
            }
            table.remove(LeaseID(lease))
            reply = .finished(attempt: attempt)
        }
        send(.reply(reply, to: agent, life: life, sent: sent), agent: agent)
    }

    private mutating func claim(for agent: Int) throws(Broken) -> Int? {
        guard let run = runs.firstIndex(where: { $0.status == .queued }) else { return nil }
        // Whatever was begun before is dead by now.
        if let alive = attempts.indices.first(where: { attempts[$0].run == run && areStepsAlive($0) }) {
            throw broken("T6", "steps of attempt \(alive) run when the run is handed out again")
        }
        let lease = "L\(attempts.count)"
        guard try change(run, { $0.claim(lease) }) else { throw broken("M1", "\(runs[run])") }
        attempts.append(Attempt(run: run, agent: agent, lease: lease, lastHeard: now, lastRenewal: now))
        table.add(holding(attempts.count - 1), deadline: deadline, at: uptime)
        return attempts.count - 1
    }
}
