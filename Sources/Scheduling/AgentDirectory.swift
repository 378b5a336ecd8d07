public import AgentProtocol
import Storage
import Synchronization
public import TaskModel

/// The agents that are known, how they are, and which of them ask for a run.
final class AgentDirectory: Sendable {
    private struct Entry {
        var description: AgentDescription
        let membership = Membership.random(in: .min ... .max)
        var report = AgentReport()
        /// By `uptime`.
        var lastHeard: Duration
        var isDraining = false
        /// How many of its slots wait for a run.
        var asking = 0

        func state(at now: Duration) -> AgentState {
            if now - lastHeard >= AgentState.unreachableAfter { return .unreachable }
            if let obstacle = report.obstacle { return .unhealthy(obstacle) }
            if isDraining || report.isStopping { return .draining }
            return report.running >= description.slots ? .busy : .connected
        }
    }

    /// Another one once the agent was removed and has come back.
    typealias Membership = UInt64

    private let entries = Mutex<[AgentID: Entry]>([:])
    private let uptime: @Sendable () -> Duration

    /// - Parameter uptime: a clock that nobody sets.
    init(uptime: @escaping @Sendable () -> Duration = AgentDirectory.processUptime()) {
        self.uptime = uptime
    }

    static func processUptime() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { ContinuousClock.now - start }
    }

    func put(_ agent: AgentDescription) {
        let now = uptime()
        entries.withLock { entries in
            entries[agent.id, default: Entry(description: agent, lastHeard: now)].description = agent
            entries[agent.id]?.lastHeard = now
        }
    }

    /// Makes an agent known that nothing was heard of since the server started.
    func restore(_ agent: AgentDescription, isDraining: Bool, silence: Duration) {
        let lastHeard = uptime() - max(silence, AgentState.unreachableAfter)
        entries.withLock { entries in
            guard entries[agent.id] == nil else { return }
            entries[agent.id] = Entry(description: agent, lastHeard: lastHeard, isDraining: isDraining)
        }
    }

    func setDraining(_ isDraining: Bool, _ id: AgentID) {
        entries.withLock { $0[id]?.isDraining = isDraining }
    }

    func isDraining(_ id: AgentID) -> Bool {
        entries.withLock { $0[id]?.isDraining ?? false }
    }

    func remove(_ id: AgentID) {
        entries.withLock { $0[id] = nil }
    }

    func find(_ id: AgentID) -> AgentDescription? {
        entries.withLock { $0[id]?.description }
    }

    func membership(of id: AgentID) -> Membership? {
        entries.withLock { $0[id]?.membership }
    }

    /// Notes how an agent is.
    ///
    /// - Returns: what the server wants of it; nil for an agent that is not known.
    func note(_ report: AgentReport, of id: AgentID) -> AgentOrders? {
        let now = uptime()
        return entries.withLock { entries in
            entries[id]?.report = report
            entries[id]?.lastHeard = now
            return entries[id].map { AgentOrders(isDraining: $0.isDraining) }
        }
    }

    /// Those of a pool, by id.
    func agents(of pool: PoolID) -> [AgentStatus] {
        let now = uptime()
        return entries.withLock { entries in
            entries.values.filter { $0.description.poolID == pool }.map {
                AgentStatus(
                    description: $0.description, state: $0.state(at: now), running: $0.report.running,
                    silence: now - $0.lastHeard)
            }
        }.sorted { $0.description.id.text < $1.description.id.text }
    }

    /// Notes that an agent asks for a run while `work` goes on.
    func asking<Value>(_ agent: AgentID, _ work: () async throws -> Value) async rethrows -> Value {
        let membership = entries.withLock { entries in
            entries[agent]?.asking += 1
            return entries[agent]?.membership
        }
        defer {
            entries.withLock { entries in
                // One that was removed and has come back meanwhile was not counted.
                if let membership, entries[agent]?.membership == membership { entries[agent]?.asking -= 1 }
            }
        }
        return try await work()
    }

    /// Whether an agent of the pool waits for a run.
    func isAsked(_ pool: PoolID) -> Bool {
        entries.withLock { $0.values.contains { $0.description.poolID == pool && $0.asking > 0 } }
    }

    func areAsking(_ agents: Set<AgentID>) -> Bool {
        entries.withLock { entries in agents.allSatisfy { entries[$0].map { $0.asking > 0 } ?? false } }
    }

    /// The agents of the same pool that ask for a run as well.
    func rivals(of agent: AgentDescription) -> ClaimRivals {
        entries.withLock { entries in
            ClaimRivals(
                agents: Set(
                    entries.values.filter {
                        $0.description.id != agent.id && $0.description.poolID == agent.poolID && $0.asking > 0
                    }.map(\.description.id.text)))
        }
    }
}

/// An agent as the server sees it.
public struct AgentStatus: Sendable, Hashable {
    public let description: AgentDescription
    public let state: AgentState
    /// Runs that it said it carries out.
    public let running: Int
    /// For how long nothing was heard of it.
    public let silence: Duration
}
