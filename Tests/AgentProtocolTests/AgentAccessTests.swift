import AgentProtocol
import CurlHTTP
import Foundation
import Hummingbird
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling
@testable import WebServer

/// Who may do what over HTTP.
struct AgentAccessTests {
    private func isNotAuthorized(_ error: any Error) -> Bool {
        if case .notAuthorized = error as? BrokerError { true } else { false }
    }

    private func isRefused(_ error: any Error, saying word: String) -> Bool {
        if case .refused(let reason) = error as? BrokerError { reason.contains(word) } else { false }
    }

    @Test func `S21 a lease of another agent looks like one that is over`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            _ = try await server.submit()
            let lease = try #require(try await server.take()).lease
            let other = AgentID("agent-2")
            try await server.join(other)
            let stranger = try server.broker(of: other)

            #expect(try await stranger.renew(lease, waiting: .zero) == .lost)
            await #expect(throws: BrokerError.leaseLost) { try await stranger.appendLog([1], at: 0, for: lease) }
            await #expect(throws: BrokerError.leaseLost) { try await stranger.report(.began, for: lease) }
            await #expect(throws: BrokerError.leaseLost) {
                try await stranger.grantPush(lease, of: try ImageReference("localhost:5000/app:v1"))
            }
            await #expect(throws: BrokerError.leaseLost) {
                try await stranger.uploadedContext(lease, in: server.folder + "/agent")
            }
            await #expect(throws: BrokerError.leaseLost) {
                try await stranger.finish(lease, with: RunOutcome(status: .succeeded), logLength: 0)
            }
            #expect(try await server.broker.renew(lease, waiting: .zero) == .held)
        }
    }

    @Test func `S21 a key that is wrong, or of a removed agent, opens nothing`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            let forged = try server.broker(of: BrokerFixture.agent, key: String(repeating: "x", count: 40))
            let pool = PoolID(name: "default")

            await #expect { try await forged.nextRun(for: BrokerFixture.agent, waiting: .zero) } throws: {
                isNotAuthorized($0)
            }
            #expect(try await server.broker.nextRun(for: BrokerFixture.agent, waiting: .zero) == nil)
            try await server.registrar.remove(BrokerFixture.agent.text, of: pool, by: "tester")

            await #expect { try await server.broker.heartbeat(AgentReport(), of: BrokerFixture.agent) } throws: {
                isNotAuthorized($0)
            }
            #expect(server.registrar.agents(of: pool) == [])
        }
    }

    @Test func `S21 only a token that is good lets an agent join, and only its own pool`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            let agent = AgentID("agent-2")
            let broker = try #require(try server.broker(of: agent) as? HTTPBroker)
            let token = try await server.token(of: "other")
            let forged = AgentCredential(.join, id: token.id, secret: Secret("x"))

            await #expect {
                try await broker.join(BrokerFixture.description(of: agent, pool: "other"), with: forged)
            } throws: { isNotAuthorized($0) }
            await #expect { try await broker.join(BrokerFixture.description(of: agent), with: token) } throws: {
                isRefused($0, saying: "--pool other")
            }
            try await server.registrar.revokeToken(token.id, of: PoolID(name: "other"), by: "tester")
            await #expect {
                try await broker.join(BrokerFixture.description(of: agent, pool: "other"), with: token)
            } throws: { isNotAuthorized($0) }

            #expect(server.registrar.agents(of: PoolID(name: "other")) == [])
            #expect(try await server.registrar.tokens(of: PoolID(name: "other")).map(\.uses) == [0])
        }
    }

    @Test func `joining again after an answer that got lost is the same, and nobody else can take the name`()
        async throws
    {
        try await BrokerFixture.with(.http) { server async throws in
            let agent = AgentID("agent-2")
            let token = try await server.token()
            let broker = try #require(try server.broker(of: agent) as? HTTPBroker)
            let thief = try #require(
                try server.broker(of: agent, key: String(repeating: "y", count: 40)) as? HTTPBroker)

            let settings = try await broker.join(BrokerFixture.description(of: agent), with: token)
            _ = try await broker.join(BrokerFixture.description(of: agent), with: token)

            #expect(settings.logBytes == 12)
            await #expect { try await thief.join(BrokerFixture.description(of: agent), with: token) } throws: {
                isRefused($0, saying: "already")
            }
            #expect(try await server.registrar.tokens(of: PoolID(name: "default")).map(\.uses).max() == 1)
            #expect(try await broker.introduce(BrokerFixture.description(of: agent)).logBytes == 12)
        }
    }

    @Test func `a run that a dropped connection could not take is there for the next`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            let other = AgentID("agent-2")
            try await server.join(other)
            let dropped = Task { try await server.broker.nextRun(for: BrokerFixture.agent, waiting: .seconds(60)) }
            try await eventually("the agent to ask") { server.local.agents.areAsking([BrokerFixture.agent]) }
            dropped.cancel()
            _ = await dropped.result
            try await eventually("the server to see that it is gone") {
                !server.local.agents.areAsking([BrokerFixture.agent])
            }

            let run = try await server.submit()

            #expect(try await server.broker(of: other).nextRun(for: other, waiting: .zero)?.run == run.id)
        }
    }

    @Test func `S21 an agent that is removed while it waits gets no run`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            let other = AgentID("agent-2")
            try await server.join(other)
            let waiting = Task { try await server.broker.nextRun(for: BrokerFixture.agent, waiting: .seconds(60)) }
            try await eventually("the agent to ask") { server.local.agents.areAsking([BrokerFixture.agent]) }

            try await server.registrar.remove(BrokerFixture.agent.text, of: PoolID(name: "default"), by: "tester")
            let run = try await server.submit()

            await #expect(throws: BrokerError.self) { try await waiting.value }
            #expect(try await server.broker(of: other).nextRun(for: other, waiting: .seconds(60))?.run == run.id)
        }
    }

    @Test func `a run whose answer is dropped before its body began waits again`() async throws {
        try await BrokerFixture.with(.local) { server async throws in
            let run = try await server.submit()
            let first = try #require(try await server.take())

            _ = AssignmentDelivery(first, by: server.local).body(ResponseBody())

            let second = try await server.broker.nextRun(for: BrokerFixture.agent, waiting: .seconds(60))
            #expect(second?.run == run.id)
        }
    }

    @Test func `a run that is taken back waits again, unless it had begun`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            let run = try await server.submit()
            let first = try #require(try await server.take())

            await server.local.takeBack(first)
            let second = try #require(try await server.take())
            try await server.broker.report(.began, for: second.lease)
            await server.local.takeBack(second)

            #expect(second.run == run.id)
            #expect(second.lease != first.lease)
            #expect(try await server.broker.renew(first.lease, waiting: .zero) == .lost)
            #expect(try await server.broker.renew(second.lease, waiting: .zero) == .held)
        }
    }

    @Test func `agents that the store knows are unreachable until they are heard of, and drained ones stay so`()
        async throws
    {
        try await BrokerFixture.with(.http) { server async throws in
            let pool = PoolID(name: "default")
            _ = try await server.registrar.setDraining(true, BrokerFixture.agent.text, of: pool, by: "tester")
            let known = server.local.environment
            let environment = SchedulerEnvironment(
                runs: known.runs, pools: known.pools, secrets: known.secrets, logs: known.logs, uploads: known.uploads,
                outputs: known.outputs, settings: known.settings, logger: known.logger)
            let broker = LocalBroker(environment)
            let restarted = AgentRegistrar(environment, store: server.agents, broker: broker)

            try await restarted.restore()
            #expect(restarted.agents(of: pool).map(\.state) == [.unreachable])
            let orders = try await broker.heartbeat(AgentReport(), of: BrokerFixture.agent)

            #expect(orders.isDraining)
            #expect(restarted.agents(of: pool).map(\.state) == [.draining])
        }
    }

    @Test func `a server that is not there, or is no server of ours, is one that can't be reached`() async throws {
        try await LoopbackServer.with { request, connection in
            _ = try connection.readBody(of: request)
            try connection.answer(404, body: "<html>no</html>")
        } use: { server async throws in
            let agent = BrokerFixture.agent
            for url in ["http://127.0.0.1:1", server.url] {
                let broker = try HTTPBroker(server: url, agent: agent, key: Secret("k"), client: HTTPClient())
                await #expect { try await broker.heartbeat(AgentReport(), of: agent) } throws: {
                    if case .unreachable = $0 as? BrokerError { true } else { false }
                }
            }
        }
    }

    @Test func `a server elsewhere is asked over TLS only`() {
        #expect(throws: ServerAddressError.notSecure("http://build.example.com")) {
            try HTTPBroker(
                server: "http://build.example.com", agent: AgentID("a"), key: Secret("k"), client: HTTPClient())
        }
    }
}
