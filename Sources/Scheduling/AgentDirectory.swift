import AgentProtocol
import Storage
import Synchronization
import TaskModel

/// The agents that are known, and which of them ask for a run.
final class AgentDirectory: Sendable {
    private let agents = Mutex<[AgentID: AgentDescription]>([:])
    /// How many slots of an agent wait for a run.
    private let asking = Mutex<[AgentID: Int]>([:])

    func put(_ agent: AgentDescription) {
        agents.withLock { $0[agent.id] = agent }
    }

    /// Notes that an agent asks for a run while `work` goes on.
    func asking<Value>(_ agent: AgentID, _ work: () async throws -> Value) async rethrows -> Value {
        asking.withLock { $0[agent, default: 0] += 1 }
        defer { asking.withLock { asking in asking[agent] = asking[agent].flatMap { $0 > 1 ? $0 - 1 : nil } } }
        return try await work()
    }

    func areAsking(_ agents: Set<AgentID>) -> Bool {
        asking.withLock { agents.isSubset(of: $0.keys) }
    }

    /// The agents of the same pool that ask for a run as well.
    func rivals(of agent: AgentDescription) -> ClaimRivals {
        let asking = asking.withLock { Set($0.keys) }
        return agents.withLock { agents in
            ClaimRivals(
                agents: Set(
                    agents.values.filter { $0.id != agent.id && $0.poolID == agent.poolID && asking.contains($0.id) }
                        .map(\.id.text)))
        }
    }

    func find(_ id: AgentID) -> AgentDescription? {
        agents.withLock { $0[id] }
    }
}
