import AgentProtocol
import Synchronization

/// The agents that are known.
final class AgentDirectory: Sendable {
    private let agents = Mutex<[AgentID: AgentDescription]>([:])

    func put(_ agent: AgentDescription) {
        agents.withLock { $0[agent.id] = agent }
    }

    func find(_ id: AgentID) -> AgentDescription? {
        agents.withLock { $0[id] }
    }
}
