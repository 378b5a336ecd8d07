public import AgentProtocol
public import CurlHTTP
import Foundation
public import Logging
import TaskModel

/// How an agent becomes known to its server: with its key, or the first time with a pool's join token.
public struct AgentEntry: Sendable {
    /// Takes the calls from then on.
    public let broker: HTTPBroker
    public let settings: AgentSettings
    /// As the server knows it.
    public let agent: AgentDescription

    /// Waits while the server can't be reached, unless the agent knows from an earlier start how to work.
    ///
    /// - Parameters:
    ///   - name: asked for; nil takes the one that the agent has, or that of the host.
    ///   - joinTokenFile: read if the agent has no key yet.
    ///   - describe: the agent, given its id.
    /// - Throws: ``BrokerError`` if the server refuses the agent, ``AgentEntryError``, ``AgentHomeError``, `ServerAddressError`.
    public init(
        server: String, home: AgentHome, name: String?, joinTokenFile: String?, client: HTTPClient, logger: Logger,
        describe: (AgentID) -> AgentDescription
    ) async throws {
        let known = try home.key()
        if let known, let name, known.id != name { throw AgentEntryError.otherName(known.id, asked: name) }
        // The server may be long in answering: what an earlier process began lives on meanwhile.
        if known != nil { LifeSign(in: home.directory).give() }
        let key = try known ?? home.pendingKey(for: name ?? Self.hostName())
        let agent = describe(AgentID(key.id))
        let broker = try HTTPBroker(server: server, agent: agent.id, key: key.secret, client: client)
        func waiting<Answer>(_ call: () async throws -> Answer) async throws -> Answer {
            try await Outage.enduring(
                willWait: {
                    logger.warning("server not reached", metadata: ["server": "\(server)", "error": "\($0)"])
                },
                call)
        }
        if known == nil {
            let token = try Self.token(in: joinTokenFile)
            settings = try await waiting { try await broker.join(agent, with: token) }
            try home.keep(key)
        } else if let last = home.settings() {
            settings = try await Self.introduced(agent, to: broker, else: last, logger: logger)
        } else {
            settings = try await waiting { try await broker.introduce(agent) }
        }
        try home.keep(settings)
        self.broker = broker
        self.agent = agent
    }

    /// An agent that starts while its server is away has to look after what an earlier process began.
    private static func introduced(
        _ agent: AgentDescription, to broker: HTTPBroker, else last: AgentSettings, logger: Logger
    ) async throws -> AgentSettings {
        do {
            return try await broker.introduce(agent)
        } catch BrokerError.unreachable(let reason) {
            logger.warning("server not reached; the settings of before are used", metadata: ["error": "\(reason)"])
            return last
        }
    }

    private static func token(in file: String?) throws(AgentEntryError) -> AgentCredential {
        guard let file else { throw .noToken }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw .unreadable(file, reason: String(cString: strerror(errno)))
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let token = AgentCredential(text), token.kind == .join else { throw .noTokenIn(file) }
        return token
    }

    /// That of the host, with dashes for what a name can't have.
    private static func hostName() -> String {
        let letters = ProcessInfo.processInfo.hostName.lowercased().prefix(63).map { letter in
            letter.isASCII && (letter.isLetter || letter.isNumber) ? letter : "-"
        }
        let name = String(letters).trimmingCharacters(in: CharacterSet(charactersIn: "-"))
        return name.isEmpty ? "agent" : name
    }
}

/// Why an agent can't become known.
public enum AgentEntryError: Error, Equatable, CustomStringConvertible {
    case noToken
    case unreadable(String, reason: String)
    case noTokenIn(String)
    case otherName(String, asked: String)

    public var description: String {
        switch self {
        case .noToken:
            "The agent has not joined yet. Make a token with 'slipway pool token create -n POOL', and give its file with --join-token-file."
        case .unreadable(let file, let reason): "Can't read the join token in \(file): \(reason)."
        case .noTokenIn(let file): "\(file) holds no join token. 'slipway pool token create -n POOL' makes one."
        case .otherName(let name, let asked):
            "The agent joined as '\(name)', and keeps that name. For '\(asked)' give it another --data folder."
        }
    }
}
