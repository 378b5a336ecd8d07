import Foundation
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import TaskModel
import Testing

@testable import WebServer

struct AgentPoolRoutesTests {
    private static let deletion = "acr agentpool delete"

    @Test func `what the Azure CLI sends makes, changes and shows a pool at once`() async throws {
        try await TestRoutes.with { server async throws in
            let create = try Captures.body(of: "agentpool-create", method: "PUT")
            let update = try Captures.body(of: "agentpool-update", method: "PATCH")

            let made = try await server.call(.put, "/agentPools/p1", create)
            let changed = try await server.call(.patch, "/agentPools/P1", update)
            let shown = try await server.call(.get, "/agentPools/p1")
            let queue = try await server.call(.post, "/agentPools/p1/listQueueStatus")

            #expect([made, changed, shown, queue].map(\.status) == [.ok, .ok, .ok, .ok])
            let pool = try made.decoded(AgentPoolResource.self)
            #expect(pool.id == TestRoutes.registry + "/agentPools/p1")
            #expect(pool.type == "Microsoft.ContainerRegistry/registries/agentPools")
            #expect(pool.location == "local")
            #expect(
                pool.properties
                    == AgentPoolProperties(count: 2, tier: "S2", os: "Linux", provisioningState: "Succeeded"))
            #expect(try changed.decoded(AgentPoolResource.self).properties?.count == 0)
            #expect(try shown.decoded(AgentPoolResource.self).properties?.queuedRuns == 0)
            #expect(queue.text == #"{"count":0}"#)
        }
    }

    @Test func `pools of the configuration are listed first, and are not to be changed`() async throws {
        try await TestRoutes.with { server async throws in
            _ = try await server.call(
                .put, "/agentPools/p1", #"{"properties":{"virtualNetworkSubnetResourceId":"/x/s"}}"#)

            let listed = try await server.call(.get, "/agentPools").decoded(Page<AgentPoolResource>.self)
            #expect(listed.value.map(\.name) == ["default", "p1"])
            #expect(listed.value.map(\.properties?.isConfigured) == [true, nil])
            #expect(listed.value.map(\.properties?.count) == [4, 1])
            #expect(listed.value.last?.properties?.virtualNetworkSubnetResourceId == "/x/s")
            for (method, body) in [
                (HTTPRequest.Method.put, "{}"), (.patch, #"{"properties":{"count":1}}"#), (.delete, ""),
            ] {
                let answer = try await server.call(method, "/agentPools/Default", body)
                #expect(answer.status == .conflict)
                #expect(answer.code == "AgentPoolConfigured")
            }
        }
    }

    @Test func `a deletion is over for the Azure CLI at its next question, and for others too`() async throws {
        try await TestRoutes.with { server async throws in
            for name in ["p1", "p2"] { _ = try await server.call(.put, "/agentPools/\(name)", "{}") }

            #expect(try await server.call(.delete, "/agentPools/p1", command: Self.deletion).status == .accepted)
            let others = try await server.call(.get, "/agentPools/p1").decoded(AgentPoolResource.self)
            let own = try await server.call(.get, "/agentPools/p1", command: Self.deletion)
            let later = try await server.call(.get, "/agentPools/p1", command: Self.deletion)

            #expect(others.properties?.provisioningState == "Deleting")
            #expect(try own.decoded(AgentPoolResource.self).properties?.provisioningState == "Succeeded")
            #expect(later.status == .notFound)
            #expect(later.code == "AgentPoolNotFound")
            #expect(try await server.call(.delete, "/agentPools/p1").status == .noContent)
            #expect(
                try await server.call(.get, "/agentPools").decoded(Page<AgentPoolResource>.self).value.map(\.name)
                    == ["default", "p2"])
        }
    }

    @Test func `S16 a registry's pool is nobody else's`() async throws {
        try await TestRoutes.with { server async throws in
            let other = TestRoutes.registry.replacing("local01", with: "other01")
            _ = try await server.call(.put, "/agentPools/p1", "{}")

            let shown = try await server.call(.get, "/agentPools/p1", registry: other)
            let build = #"{"type":"DockerBuildRequest","sourceLocation":"https://h.test/a.git","agentPoolName":"p1"}"#
            let refused = try await server.call(.post, "/scheduleRun", build, registry: other)
            let taken = try await server.call(.post, "/scheduleRun", build)

            #expect(shown.status == .notFound)
            #expect(refused.code == "AgentPoolNotFound")
            #expect(try taken.decoded(RunResource.self).properties?.agentPoolName == "p1")
            #expect(try await server.call(.post, "/agentPools/p1/listQueueStatus").text == #"{"count":1}"#)
        }
    }

    @Test func `the cache of a pool is asked of its agent`() async throws {
        try await TestRoutes.with { server async throws in
            let unserved = try await server.call(.get, "/agentPools/default/cache")
            let unknown = try await server.call(.get, "/agentPools/nobody/cache")
            let wrong = try await server.call(.post, "/agentPools/default/cache/prune", #"{"keepBytes":-1}"#)
            let never = try await server.call(.post, "/agentPools/default/cache/prune", #"{"unusedForSeconds":0}"#)

            #expect(unserved.status == .serviceUnavailable)
            #expect(unserved.code == "BuildCacheUnreachable")
            #expect(unknown.code == "AgentPoolNotFound")
            #expect([wrong, never].map(\.status) == [.badRequest, .badRequest])
            #expect(wrong.text.contains("keepBytes"))
        }
    }

    @Test(arguments: [
        ("p1", #"{"properties":{"tier":"S9"}}"#, "InvalidParameter", "S1 (2 CPU, 3 GB)"),
        ("p1", #"{"properties":{"os":"Windows"}}"#, "PlatformNotSupported", "Linux"),
        ("p1", #"{"properties":{"count":-1}}"#, "InvalidParameter", "0 to 64"),
        ("p1", #"{"properties":{"count":65}}"#, "InvalidParameter", "0 to 64"),
        ("a_b", "{}", "InvalidName", "a_b"), ("-a", "{}", "InvalidName", "-a"),
        ("abcdefghijklmnopqrstu", "{}", "InvalidName", "1 to 20"),
    ])
    func `what no pool can be is refused by name`(name: String, body: String, code: String, words: String) async throws
    {
        try await TestRoutes.with { server async throws in
            let answer = try await server.call(.put, "/agentPools/\(name)", body)

            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
            #expect(answer.text.contains(words))
        }
    }
}
