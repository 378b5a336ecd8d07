public import AgentProtocol
import Foundation
import Logging
public import Storage
import TaskModel

/// Knows the agents on other hosts: lets them join, tells whether they are who they say, and takes them away.
public struct AgentRegistrar: Sendable {
    let environment: SchedulerEnvironment
    let store: AgentStore
    let broker: LocalBroker

    public init(_ environment: SchedulerEnvironment, store: AgentStore, broker: LocalBroker) {
        self.environment = environment
        self.store = store
        self.broker = broker
    }

    private var logger: Logger { environment.logger }

    /// Makes the agents known that the store has, as unreachable until they are heard of. Call it before the server answers.
    public func restore() async throws {
        for agent in try await store.agents() {
            let silence = environment.now().timeIntervalSince(agent.lastSeenTime)
            broker.agents.restore(
                AgentDescription(agent), isDraining: agent.isDraining, silence: .seconds(max(0, silence)))
        }
    }

    // MARK: Agents that call

    /// Makes an agent known, with the join token of a pool or with its own key.
    ///
    /// - Returns: the agent as the server knows it: in the pool that it belongs to.
    /// - Throws: ``BrokerError/notAuthorized(_:)``, ``BrokerError/refused(_:)``
    public func register(_ request: RegistrationRequest, with credential: AgentCredential) async throws
        -> AgentDescription
    {
        try check(request)
        let agent: AgentDescription
        var isDraining = false
        switch credential.kind {
        case .join:
            let token = try await joinToken(credential)
            try check(request.pool, is: token.pool)
            guard let key = request.key, key.value.utf8.count >= 32 else {
                throw BrokerError.refused("an agent that joins brings a key of 32 letters or more.")
            }
            agent = request.agent(in: token.pool)
            do {
                try await store.join(
                    AgentRecord(agent, at: environment.now()), key: key, token: token.id, at: environment.now())
            } catch let error as AgentStoreError {
                throw BrokerError.refused(error.description)
            }
            logger.info(
                "agent joined", metadata: ["agent": "\(agent.id)", "pool": "\(agent.poolID)", "token": "\(token.id)"])
        case .agent:
            let known = try await record(of: credential)
            guard known.id == request.id else {
                throw BrokerError.refused(
                    "the key is that of agent \(known.id), not of \(request.id.escapedForDisplay).")
            }
            try check(request.pool, is: known.pool)
            agent = request.agent(in: known.pool)
            isDraining = known.isDraining
            try await store.update(AgentRecord(agent, at: environment.now()), at: environment.now())
        }
        try await broker.register(agent)
        if isDraining { broker.agents.setDraining(true, agent.id) }
        return agent
    }

    /// Whose key this is.
    ///
    /// - Throws: ``BrokerError/notAuthorized(_:)``
    public func agent(with credential: AgentCredential) async throws -> AgentID {
        AgentID(try await record(of: credential).id)
    }

    /// Checks that an agent was given this lease: that of another looks like one that is over (S21).
    ///
    /// - Throws: ``BrokerError/leaseLost``
    public func check(_ lease: LeaseID, isOf agent: AgentID) async throws {
        if let holding = environment.leases.find(lease), holding.agent == agent.text { return }
        // One that has ended may be told its end again.
        guard try await store.holder(ofLease: lease.text) == agent.text else {
            environment.metrics.staleWriteRefused()
            throw BrokerError.leaseLost
        }
    }

    private func record(of credential: AgentCredential) async throws -> AgentRecord {
        guard credential.kind == .agent,
            let agent = try await store.authenticate(agent: credential.id, key: credential.secret)
        else {
            throw BrokerError.notAuthorized(
                "its key is not known (any more). If the agent was removed and is to come back, delete its key file and let it join anew."
            )
        }
        return agent
    }

    private func joinToken(_ credential: AgentCredential) async throws -> JoinToken {
        guard
            let token = try await store.authenticate(
                token: credential.id, secret: credential.secret, at: environment.now())
        else {
            throw BrokerError.notAuthorized(
                "its join token is not good (any more). Make one with 'slipway pool token create -n POOL'.")
        }
        return token
    }

    private func check(_ name: String, is pool: PoolID) throws {
        guard name.lowercased() == pool.name.lowercased() else {
            throw BrokerError.refused(
                "it belongs to pool \(pool.name), not to \(name.escapedForDisplay): start it with --pool \(pool.name).")
        }
    }

    private func check(_ request: RegistrationRequest) throws {
        let labels = request.labels ?? [:]
        let isLabelled =
            labels.count <= 32 && labels.allSatisfy { AgentLabels.isPart($0.key) && AgentLabels.isPart($0.value) }
        guard AgentPaths.isAgentID(request.id), !request.id.hasPrefix("embedded-") else {
            throw BrokerError.refused(
                "'\(request.id.escapedForDisplay)' is no name of an agent: use 1 to 63 lower-case letters, digits and dashes."
            )
        }
        guard isLabelled, request.host.utf8.count <= 255, request.version.utf8.count <= 63,
            (1...1000).contains(request.slots)
        else { throw BrokerError.refused("what it says of itself can't be: its labels, its host or its slots.") }
    }
}

extension AgentRecord {
    fileprivate init(_ agent: AgentDescription, at now: Date) {
        self.init(
            id: agent.id.text, pool: agent.poolID, host: agent.host.escapedForDisplay, slots: agent.slots,
            labels: agent.labels, version: agent.version.escapedForDisplay, createTime: now, lastSeenTime: now)
    }
}

extension AgentDescription {
    init(_ record: AgentRecord) {
        self.init(
            id: AgentID(record.id), pool: record.pool.name, registry: record.pool.registry, host: record.host,
            slots: record.slots, version: record.version, labels: record.labels)
    }
}
