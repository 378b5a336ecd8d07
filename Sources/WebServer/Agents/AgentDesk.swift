public import AgentProtocol
public import Scheduling
public import TaskModel

/// What the server needs to serve agents on other hosts.
public struct AgentDesk: Sendable {
    let broker: any AgentBroker
    let registrar: AgentRegistrar
    let settings: @Sendable (PoolID) -> AgentSettings

    /// - Parameter settings: what the configuration says for the agents of a pool.
    public init(
        broker: any AgentBroker, registrar: AgentRegistrar, settings: @escaping @Sendable (PoolID) -> AgentSettings
    ) {
        self.broker = broker
        self.registrar = registrar
        self.settings = settings
    }
}

/// A broker that hands out runs to agents that can be cut off.
public protocol AgentBroker: RunBroker {
    /// Takes a run back whose assignment could not be delivered.
    func takeBack(_ assignment: RunAssignment) async
}

extension LocalBroker: AgentBroker {}
