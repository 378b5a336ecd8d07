import Forges
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Scheduling
@testable import Storage

struct DeliveryWorkerTests {
    private static func hook(_ id: String, host: String, registry: String = "local01") -> DeliveryStore.WaitingHook {
        DeliveryStore.WaitingHook(id: id, registry: registry, repositoryURL: "https://\(host)/\(id).git")
    }

    @Test func `one host or registry does not take all places`() {
        var lanes = DeliveryLanes()
        lanes.offer((0..<100).map { Self.hook("a\($0)", host: "slow.example") })
        lanes.offer((0..<100).map { Self.hook("b\($0)", host: "h\($0).example") })
        lanes.offer([Self.hook("c", host: "c.example", registry: "other01")])

        var taken: [DeliveryLanes.Lane] = []
        while let lane = lanes.take() { taken.append(lane) }

        #expect(taken.count { $0.host == "slow.example" } == DeliveryLanes.widthOfHost)
        #expect(taken.count { $0.registry == "local01" } == DeliveryLanes.widthOfRegistry)
        #expect(taken.last?.hook == "c")
        lanes.finish(taken[0], hasMore: false)
        let next = lanes.take()
        #expect(next?.hook == "a8")
    }

    @Test func `a hook takes one turn at a time, and another one for what came meanwhile`() throws {
        var lanes = DeliveryLanes()
        let hook = Self.hook("a", host: "a.example")
        lanes.offer([hook])
        let first = lanes.take()
        let lane = try #require(first)
        lanes.offer([hook])
        let meanwhile = lanes.take()
        lanes.finish(lane, hasMore: false)
        let second = lanes.take()
        lanes.finish(lane, hasMore: false)
        let third = lanes.take()

        #expect(meanwhile == nil)
        #expect(second == lane)
        #expect(third == nil)
    }

    /// The work on one hook's delivery ends when that on another's has begun.
    private struct Dependent: DeliveryWork {
        let slow: String
        let isSlowAtWork: AsyncStream<Void>.Continuation
        let isOtherAtWork = AsyncStream<Void>.makeStream()

        func isAuthentic(_ webhook: Webhook, to hook: Hook) -> Bool { true }
        func deliveryID(of webhook: Webhook, to hook: Hook) -> String? { nil }
        func carryOut(_ webhook: Webhook, id: Int64, to hook: Hook) async throws -> DeliveryOutcome {
            if hook.id == slow {
                isSlowAtWork.finish()
                for await _ in isOtherAtWork.stream {}
            } else {
                isOtherAtWork.continuation.finish()
            }
            return DeliveryOutcome("done")
        }
    }

    @Test(.timeLimit(.minutes(2))) func `T13 a delivery that takes long holds those of other hooks up in no way`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let slow = try await fixture.putHook()
            let other = Hook(
                id: String(repeating: "b", count: 32), kind: slow.kind, registry: slow.registry, task: "other",
                trigger: "source", repositoryURL: "https://git.example.test/other.git", secret: slow.secret,
                standing: .manual)
            try await fixture.hooks.put(other)
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            let deliveries = DeliveryService(
                hooks: fixture.hooks, store: fixture.ledger,
                forges: Dependent(slow: slow.id, isSlowAtWork: continuation), now: { fixture.time.date })
            let worker = fixture.worker(deliveries)
            let running = Task { try await worker.run() }
            let first = try await deliveries.take(Webhook(headers: [:], body: [1]), to: slow)
            for await _ in stream {}

            _ = try await deliveries.take(Webhook(headers: [:], body: [2]), to: other)

            let id = try #require(first?.delivery.id)
            while try await fixture.ledger.find(id, in: "local01")?.state != .done { await Task.yield() }
            running.cancel()
            try await running.value
        }
    }
}
