public import CurlHTTP
import Synchronization
public import TaskModel

/// A server on another host, as its agents ask it. Only the agent makes connections.
///
/// Every call has a deadline, and every call may be made again after ``BrokerError/unreachable(_:)``.
public final class HTTPBroker: RunBroker {
    let caller: AgentCaller
    private let agent: AgentID
    private let key: Secret
    private let description = Mutex<AgentDescription?>(nil)
    let events = EventSequences()
    let contexts = DownloadedContexts()

    /// - Parameters:
    ///   - server: `https://host[:port]`, or `http://` for this machine itself: calls carry secrets.
    ///   - key: the agent's own, known to the server since ``join(_:with:)``.
    /// - Throws: ``ServerAddressError``
    public init(server: String, agent: AgentID, key: Secret, client: HTTPClient) throws(ServerAddressError) {
        caller = AgentCaller(client: client, server: try Self.checked(server))
        self.agent = agent
        self.key = key
    }

    var credential: AgentCredential { AgentCredential(.agent, id: agent.text, secret: key) }

    private static func checked(_ server: String) throws(ServerAddressError) -> String {
        guard let origin = HTTPOrigin(url: server) else { throw .noURL(server) }
        guard origin.scheme == "https" || origin.isLoopback else { throw .notSecure(server) }
        return origin.description
    }

    // MARK: Being known

    /// Makes the agent known with a pool's join token; from then on its key is good. The same again is accepted as long as the token is.
    public func join(_ agent: AgentDescription, with token: AgentCredential) async throws -> AgentSettings {
        let answer: RegistrationAnswer = try await caller.exchange(
            AgentCaller.Call("POST", AgentPaths.agents, token), sending: RegistrationRequest(agent, key: key))
        description.withLock { $0 = agent }
        return answer.settings ?? AgentSettings()
    }

    /// Tells the server of an agent that joined before how it is now.
    public func introduce(_ agent: AgentDescription) async throws -> AgentSettings {
        let answer: RegistrationAnswer = try await caller.exchange(
            AgentCaller.Call("POST", AgentPaths.agents, credential), sending: RegistrationRequest(agent, key: nil))
        description.withLock { $0 = agent }
        return answer.settings ?? AgentSettings()
    }

    public func register(_ agent: AgentDescription) async throws {
        _ = try await introduce(agent)
    }

    public func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders {
        try await knownAgain {
            var call = AgentCaller.Call("POST", AgentPaths.heartbeat(of: agent), credential)
            call.deadline = .seconds(10)
            let answer: HeartbeatAnswer = try await caller.exchange(call, sending: HeartbeatRequest(report))
            return answer.orders
        }
    }

    public func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? {
        try await knownAgain {
            let path = AgentPaths.next + "?wait=\(waiting.components.seconds)"
            var call = AgentCaller.Call("POST", path, credential)
            call.deadline = waiting + .seconds(20)
            let answer: AssignmentAnswer? = try await caller.exchangeIfAny(call)
            return try answer?.assignment()
        }
    }

    /// Registers again if the server has forgotten the agent.
    private func knownAgain<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch BrokerError.unknownAgent(let unknown) {
            guard let description = description.withLock({ $0 }) else { throw BrokerError.unknownAgent(unknown) }
            try await register(description)
            return try await work()
        }
    }
}

/// Why a server's address can't be used.
public enum ServerAddressError: Error, Equatable, CustomStringConvertible {
    case noURL(String)
    case notSecure(String)

    public var description: String {
        switch self {
        case .noURL(let text):
            "'\(text.escapedForDisplay)' is no server: write https://host[:port], as in https://build.example.com:8443."
        case .notSecure(let text):
            "'\(text.escapedForDisplay)' has no TLS, and runs carry secrets: write https://host[:port]."
        }
    }
}
