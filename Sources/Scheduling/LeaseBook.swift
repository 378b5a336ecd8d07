import AgentProtocol
import Storage
import Synchronization
import TaskModel

/// The leases of this process on its clock.
final class LeaseBook: Sendable {
    private let table: Mutex<LeaseTable>
    private let uptime: @Sendable () -> Duration

    /// - Parameter uptime: a clock that nobody sets.
    init(terms: LeaseTerms, uptime: @escaping @Sendable () -> Duration) {
        table = Mutex(LeaseTable(terms: terms))
        self.uptime = uptime
    }

    /// Changes or reads the table, with the time it is.
    func with<Result: Sendable>(_ body: (inout LeaseTable, _ now: Duration) -> Result) -> Result {
        // The time is taken inside: what comes later must not be told an earlier one.
        table.withLock { body(&$0, uptime()) }
    }

    func find(_ lease: LeaseID) -> LeaseTable.Holding? { with { table, _ in table.find(lease) } }

    func remove(_ lease: LeaseID) { with { table, _ in table.remove(lease) } }

    /// Notes what the store has.
    ///
    /// A run whose time is over or nearly so gets as much again as it goes on already, up to a full period: it may have
    /// ended in time while no process was there to be told. Its agent counts the time by itself.
    ///
    /// - Parameter elapsed: for how long the run goes on already.
    func add(_ held: HeldRun, timeout: Duration, elapsed: Duration) {
        with { table, now in
            let rest = max(timeout + RunDeadline.allowance - elapsed, min(elapsed, table.terms.duration))
            table.add(
                LeaseTable.Holding(
                    lease: LeaseID(held.lease), run: held.run, agent: held.agent, pool: held.pool,
                    logStart: held.logStart),
                stop: held.stop, deadline: now + rest, at: now)
        }
    }
}
