import AgentProtocol
import Foundation
import Logging
public import Storage
public import TaskModel

/// What people do with the agents of a pool.
extension AgentRegistrar {
    /// The longest that a join token may be good.
    public static let longestToken: Duration = .seconds(366 * 86_400)

    /// The pool of that name as a registry sees it.
    ///
    /// - Throws: ``PoolServiceError/notFound(_:)``
    public func pool(_ name: String, in registry: Registry) async throws -> PoolID {
        let directory = PoolDirectory(settings: environment.settings, store: environment.pools)
        guard let pool = try await directory.find(name, in: registry.name) else {
            throw PoolServiceError.notFound(name)
        }
        return pool.id
    }

    /// The agents of a pool and how they are, those inside the server included, by id.
    public func agents(of pool: PoolID) -> [AgentStatus] {
        broker.agents.agents(of: pool)
    }

    /// Lets an agent take new runs, or none. What it carries out goes on.
    ///
    /// - Throws: ``PoolServiceError/agentNotFound(_:)``, ``PoolServiceError/agentEmbedded(_:)``
    public func setDraining(_ isDraining: Bool, _ agent: String, of pool: PoolID, by principal: String) async throws
        -> AgentStatus
    {
        try checkRemote(agent, of: pool)
        do { try await store.setDraining(isDraining, agent: agent) } catch is AgentStoreError {
            throw PoolServiceError.agentNotFound(agent)
        }
        broker.agents.setDraining(isDraining, AgentID(agent))
        environment.logger.info(
            isDraining ? "agent drained" : "agent resumed",
            metadata: ["agent": "\(agent)", "pool": "\(pool)", "principal": "\(principal)"])
        environment.signals.queues.notify(pool)
        guard let status = agents(of: pool).first(where: { $0.description.id.text == agent }) else {
            throw PoolServiceError.agentNotFound(agent)
        }
        return status
    }

    /// Forgets an agent, whose key is good no more. What it carries out is lost when its lease runs out.
    ///
    /// - Throws: ``PoolServiceError/agentNotFound(_:)``, ``PoolServiceError/agentEmbedded(_:)``
    public func remove(_ agent: String, of pool: PoolID, by principal: String) async throws {
        try checkRemote(agent, of: pool)
        do { try await store.remove(agent: agent) } catch is AgentStoreError {
            throw PoolServiceError.agentNotFound(agent)
        }
        broker.agents.remove(AgentID(agent))
        // What it asks for is answered at once.
        environment.signals.queues.notify(pool)
        environment.logger.info(
            "agent removed", metadata: ["agent": "\(agent)", "pool": "\(pool)", "principal": "\(principal)"])
    }

    private func checkRemote(_ agent: String, of pool: PoolID) throws {
        guard agents(of: pool).contains(where: { $0.description.id.text == agent }) else {
            throw PoolServiceError.agentNotFound(agent)
        }
        guard !agent.hasPrefix("embedded-") else { throw PoolServiceError.agentEmbedded(agent) }
    }

    // MARK: Join tokens

    /// Makes a token that lets agents join a pool.
    ///
    /// - Parameter lifetime: nil for one that is good until it is revoked.
    /// - Returns: the token itself, which is not kept and can't be told again.
    public func makeToken(for pool: PoolID, lifetime: Duration?, by principal: String) async throws
        -> (token: JoinToken, text: Secret)
    {
        let id = AgentCredential.randomSecret().value.prefix(12)
        let credential = AgentCredential(.join, id: String(id), secret: AgentCredential.randomSecret())
        let now = environment.now()
        let token = try await store.addToken(
            credential.id, secret: credential.secret, for: pool,
            until: lifetime.map { now.addingTimeInterval(Double($0.components.seconds)) }, by: principal, at: now)
        environment.logger.info(
            "join token made", metadata: ["token": "\(token.id)", "pool": "\(pool)", "principal": "\(principal)"])
        return (token, credential.text)
    }

    public func tokens(of pool: PoolID) async throws -> [JoinToken] {
        try await store.tokens(of: pool)
    }

    /// - Throws: ``PoolServiceError/tokenNotFound(_:)``
    public func revokeToken(_ id: String, of pool: PoolID, by principal: String) async throws {
        do { try await store.revokeToken(id, of: pool) } catch is AgentStoreError {
            throw PoolServiceError.tokenNotFound(id)
        }
        environment.logger.info(
            "join token revoked", metadata: ["token": "\(id)", "pool": "\(pool)", "principal": "\(principal)"])
    }
}
