import Foundation
import Storage
import TaskModel
import Testing

struct AgentPoolStoreTests {
    private let pool = RegistryPool(
        registry: "local01", name: "Fast", count: 2, tier: .s2, subnet: "/subscriptions/x/s")

    @Test func `a pool is kept, changed and removed, its name compared without case`() async throws {
        try await withStore { _, database, _ in
            let pools = AgentPoolStore(database: database)
            try await pools.put(pool, at: TestData.now)
            #expect(try await pools.find("fast", in: "LOCAL01") == pool)

            var changed = pool
            changed.count = 5
            #expect(try await pools.setCount(5, of: "FAST", in: "local01") == changed)
            changed.tier = .i6
            try await pools.put(changed, at: TestData.now)
            #expect(try await pools.list(in: "local01") == [changed])

            #expect(try await pools.remove("fast", in: "local01") == changed)
            #expect(try await pools.remove("fast", in: "local01") == nil)
            #expect(try await pools.setCount(1, of: "fast", in: "local01") == nil)
        }
    }

    @Test func `S16 registries have their pools each for itself`() async throws {
        try await withStore { _, database, _ in
            let pools = AgentPoolStore(database: database)
            try await pools.put(pool, at: TestData.now)
            let other = RegistryPool(registry: "other01", name: "fast", count: 1, tier: .s1)
            try await pools.put(other, at: TestData.now)

            #expect(try await pools.find("fast", in: "other01") == other)
            #expect(try await pools.list(in: "local01") == [pool])
            #expect(try await pools.list(servedBy: .embedded) == [pool, other])
        }
    }
}
