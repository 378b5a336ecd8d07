import AgentProtocol
import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

struct PoolServiceTests {
    private func pool(_ name: String = "p1", count: Int = 1) -> RegistryPool {
        RegistryPool(registry: "local01", name: name, count: count, tier: .s1)
    }

    private func submit(to pool: String, _ server: TestServer) async throws -> Run {
        try await server.submit(TestServer.request { $0.agentPoolName = pool })
    }

    private func waitReason(_ run: Run, _ server: TestServer) async throws -> String {
        try await server.service.show(run.id.text, in: server.registry).waitReason ?? ""
    }

    private func log(_ run: Run, _ server: TestServer) async throws -> String {
        let log = try await server.service.log(of: run.id.text, in: server.registry)
        return String(decoding: try log.read(from: 0, count: 10_000), as: UTF8.self)
    }

    @Test func `a configured pool is shown and can't be changed`() async throws {
        try await TestServer.with { server async throws in
            #expect(try await server.pools.list(in: server.registry).map(\.name) == ["default", "strict"])
            #expect(try await server.pools.show("STRICT", in: server.registry).isConfigured)

            await #expect(throws: PoolServiceError.configured("strict")) {
                try await server.pools.put(pool("Strict"), by: "tester")
            }
            await #expect(throws: PoolServiceError.configured("strict")) {
                try await server.pools.setCount(2, of: "strict", in: server.registry, by: "tester")
            }
            await #expect(throws: PoolServiceError.configured("strict")) {
                try await server.pools.remove("strict", in: server.registry, by: "tester")
            }
        }
    }

    @Test func `an own pool whose name was configured later comes first, and can be removed`() async throws {
        try await TestServer.with { server async throws in
            try await server.poolStore.put(pool("Strict", count: 3), at: Date())

            let listed = try await server.pools.list(in: server.registry)
            #expect(listed.map(\.name) == ["default", "Strict"])
            #expect(try await submit(to: "strict", server).poolRegistry == "local01")
            #expect(try await server.pools.setCount(1, of: "strict", in: server.registry, by: "tester").count == 1)

            #expect(try await server.pools.remove("strict", in: server.registry, by: "tester"))
            #expect(try await submit(to: "strict", server).poolRegistry == nil)
        }
    }

    @Test func `runs of a pool without agents say so, in their record and in their log`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.pools.put(pool(count: 0), by: "tester")
            let run = try await submit(to: "P1", server)

            #expect(run.agentPool == "p1")
            #expect(try await waitReason(run, server).hasPrefix("pool p1 has no agents (count 0): "))
            #expect(
                try await log(run, server).contains(
                    /^[\d\/]{10} [\d:]{8} Waiting: pool p1 has no agents \(count 0\): .*\r\n$/))
            #expect(try await server.take() == nil)

            _ = try await server.pools.setCount(2, of: "p1", in: server.registry, by: "tester")
            #expect(try await waitReason(run, server) == "pool p1 has no connected agent")
            let load = try await server.pools.load(of: "p1", in: server.registry)
            #expect(load == PoolLoad(queued: 1, underWay: 0))
        }
    }

    @Test func `G1 the agent's stream begins behind what the server wrote`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.pools.put(pool(count: 0), by: "tester")
            let run = try await submit(to: "p1", server)
            let agent = AgentID("agent-p1")
            try await server.broker.register(
                AgentDescription(id: agent, pool: "p1", registry: "local01", host: "h", slots: 1, version: "1"))
            let assignment = try #require(try await server.broker.nextRun(for: agent, waiting: .zero))

            try await server.broker.appendLog(Array("hello\r\n".utf8), at: 0, for: assignment.lease)
            try await server.queueLog.write(
                [QueueLog.Line(run: run.id, text: "too late", reason: WaitReason("too late"))], at: Date())

            #expect(try await log(run, server).contains(/^[^\r]+no agents[^\r]+\r\nhello\r\n$/))
        }
    }

    @Test func `queued runs of a deleted pool wait and say what to do`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.pools.put(pool(), by: "tester")
            let run = try await submit(to: "p1", server)

            #expect(try await server.pools.remove("p1", in: server.registry, by: "tester"))
            #expect(
                try await waitReason(run, server).hasPrefix(
                    "pool p1 was deleted: cancel the run, or make the pool again"))
            await #expect(throws: RunServiceError.unknownPool("p1", known: ["default", "strict"])) {
                try await submit(to: "p1", server)
            }

            _ = try await server.pools.put(pool(), by: "tester")
            #expect(try await waitReason(run, server) == "pool p1 has no connected agent")
        }
    }

    @Test func `a pool is still there for a moment after it was deleted`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.pools.put(pool(), by: "tester")
            _ = try await server.pools.remove("p1", in: server.registry, by: "tester")

            #expect(try await server.pools.show("p1", in: server.registry).isRemoved)
            #expect(try await !server.pools.showOnceMore("p1", in: server.registry).isRemoved)
            await #expect(throws: PoolServiceError.notFound("p1")) {
                try await server.pools.showOnceMore("p1", in: server.registry)
            }
            await #expect(throws: PoolServiceError.notFound("p1")) {
                try await server.pools.show("p1", in: server.registry)
            }
            #expect(try await !server.pools.remove("p1", in: server.registry, by: "tester"))
        }
    }

    @Test func `the memory of a deleted pool ends after ten seconds`() {
        let removed = RemovedPools()
        let now = Date(timeIntervalSince1970: 0)

        removed.note(pool(), at: now)

        #expect(removed.find(pool().id, at: now.addingTimeInterval(9)) != nil)
        #expect(removed.find(pool().id, at: now.addingTimeInterval(11)) == nil)
        #expect(removed.take(pool().id, at: now.addingTimeInterval(11)) == nil)
    }

    @Test func `whoever serves pools learns of each change`() async throws {
        try await TestServer.with { server async throws in
            var changes = server.pools.changes().makeAsyncIterator()
            await changes.next()
            #expect(try await server.pools.embedded().isEmpty)

            _ = try await server.pools.put(pool(count: 3), by: "tester")
            await changes.next()

            #expect(try await server.pools.embedded().map(\.count) == [3])
        }
    }

    @Test(arguments: [
        (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th"),
    ])
    func `places are counted as people do`(number: Int, text: String) {
        #expect(QueuePlace.ordinal(number) == text)
    }
}
