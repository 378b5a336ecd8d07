import Foundation
import HTTPTypes
import HummingbirdTesting
import ResourceAPI
import TaskModel
import Testing

@testable import WebServer

/// The agents of pools and their join tokens, as people look after them.
struct AgentRoutesTests {
    private static let pool = WebFixture.scope + "local01/agentPools/default"

    @Test func `a join token is shown once, listed without its text, and revoked`() async throws {
        try await WebFixture.with(hasRun: false) { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))
            let made: JoinTokenResource = try await web.call(
                admin, .post, Self.pool + "/joinTokens", #"{"expiresInSeconds":60}"#
            ).decoded()
            let text = try #require(made.token)

            let listed = try await web.call(admin, .get, Self.pool + "/joinTokens")
            #expect(text.hasPrefix("join.\(made.id)."))
            #expect(listed.text.contains(made.id))
            #expect(!listed.text.contains(text.suffix(64)))
            #expect(made.endTime != nil)
            #expect(try await web.call(admin, .delete, Self.pool + "/joinTokens/\(made.id)").status == .ok)
            let after: Page<JoinTokenResource> = try await web.call(admin, .get, Self.pool + "/joinTokens").decoded()
            #expect(after.value.map(\.isRevoked) == [true])
            #expect(try await web.call(admin, .delete, Self.pool + "/joinTokens/nobody").code == "JoinTokenNotFound")
        }
    }

    @Test func `a pool of all registries takes a role in all of them`() async throws {
        try await WebFixture.with(hasRun: false) { web async throws in
            let local = try await web.login(RoleAssignment(.admin, in: "local01"))

            let token = try await web.call(local, .post, Self.pool + "/joinTokens", "{}")
            let drain = try await web.call(local, .post, Self.pool + "/agents/a/drain")

            #expect([token.status, drain.status] == [.forbidden, .forbidden])
            #expect(token.code == "AuthorizationFailed")
            #expect(try await web.call(local, .get, Self.pool + "/agents").status == .ok)
        }
    }

    @Test func `a pool of one registry takes a role there`() async throws {
        try await WebFixture.with(hasRun: false) { web async throws in
            let local = try await web.login(RoleAssignment(.admin, in: "local01"))
            let own = WebFixture.scope + "local01/agentPools/own"
            #expect(try await web.call(local, .put, own, "{}").status == .ok)

            let token = try await web.call(local, .post, own + "/joinTokens", "{}")

            #expect(token.status == .ok)
            #expect(token.headers[.cacheControl] == "no-store")
        }
    }

    @Test(arguments: [#"{"expiresInSeconds":0}"#, #"{"expiresInSeconds":99999999999}"#])
    func `a token can't be good for any time`(body: String) async throws {
        try await WebFixture.with(hasRun: false) { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))

            let answer = try await web.call(admin, .post, Self.pool + "/joinTokens", body)

            #expect(answer.status == .badRequest)
            #expect(answer.text.contains("expiresInSeconds"))
        }
    }

    @Test func `what is no agent can't be drained, nor can a pool that is not there have agents`() async throws {
        try await WebFixture.with(hasRun: false) { web async throws in
            let admin = try await web.login(RoleAssignment(.admin))

            let agent = try await web.call(admin, .post, Self.pool + "/agents/nobody/drain")
            let pool = try await web.call(admin, .get, WebFixture.scope + "local01/agentPools/nobody/agents")

            #expect(agent.code == "AgentNotFound")
            #expect(pool.code == "AgentPoolNotFound")
        }
    }

    @Test func `S22 agents are not counted, and S11 what they send has a limit`() async throws {
        let limits = RequestLimits(requestsPerSecond: 1, requestBurst: 1)
        try await WebFixture.with(hasRun: false, limits: limits) { web async throws in
            for _ in 0..<5 {
                let answer = try await web.call(
                    "agent.a.\(String(repeating: "k", count: 64))", .post, "/agent/v1/agents", "{}")
                #expect(answer.status == .badRequest || answer.status == .unauthorized)
            }
            let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
            let answer = try await web.call("join.a.b", .post, "/agent/v1/agents", deep)
            #expect(answer.status == .badRequest)
            #expect(answer.text.contains("64 levels"))
        }
    }
}
