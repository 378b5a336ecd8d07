import Foundation
import GRDB
import TaskModel
import TestSupport
import Testing

@testable import Storage

/// Agents on other hosts and join tokens.
struct AgentStoreTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)
    private let pool = PoolID(name: "p")

    private func agent(_ id: String, slots: Int = 1) -> AgentRecord {
        AgentRecord(
            id: id, pool: pool, host: "h", slots: slots, labels: ["a": "b"], version: "1", createTime: now,
            lastSeenTime: now)
    }

    private func withStore(_ body: (AgentStore, Storage.Database) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try Storage.Database(path: folder + "/db.sqlite")
            try await body(AgentStore(database: database), database)
        }
    }

    @Test func `an agent is known by its key alone, and the key is not in the database`() async throws {
        try await withStore { store, database async throws in
            let key = Secret("a key of good length, which nobody guesses")
            try await store.join(agent("a"), key: key, token: "t", at: now)

            #expect(try await store.authenticate(agent: "a", key: key) == agent("a"))
            #expect(try await store.authenticate(agent: "a", key: key) == agent("a"))
            #expect(try await store.authenticate(agent: "a", key: Secret("another")) == nil)
            #expect(try await store.authenticate(agent: "b", key: key) == nil)
            let stored = try await database.pool.read { try String.fetchAll($0, sql: "SELECT hash FROM agent") }
            #expect(!stored.joined().contains(key.value))
        }
    }

    @Test func `what is changed or removed is not remembered`() async throws {
        try await withStore { store, _ async throws in
            let key = Secret("k")
            try await store.join(agent("a"), key: key, token: "t", at: now)
            _ = try await store.authenticate(agent: "a", key: key)

            try await store.update(agent("a", slots: 9), at: now)
            #expect(try await store.authenticate(agent: "a", key: key)?.slots == 9)
            try await store.setDraining(true, agent: "a")
            #expect(try await store.authenticate(agent: "a", key: key)?.isDraining == true)
            try await store.remove(agent: "a")

            #expect(try await store.authenticate(agent: "a", key: key) == nil)
            await #expect(throws: AgentStoreError.agentNotFound("a")) { try await store.remove(agent: "a") }
        }
    }

    @Test func `joining again with the same key is the same agent, with another one is refused`() async throws {
        try await withStore { store, _ async throws in
            let token = try await store.addToken("t", secret: Secret("s"), for: pool, until: nil, by: "me", at: now)
            try await store.join(agent("a"), key: Secret("k"), token: token.id, at: now)
            try await store.join(agent("a"), key: Secret("k"), token: token.id, at: now)

            await #expect(throws: AgentStoreError.exists("a")) {
                try await store.join(agent("a"), key: Secret("other"), token: token.id, at: now)
            }
            #expect(try await store.agents().map(\.id) == ["a"])
            #expect(try await store.tokens(of: pool).map(\.uses) == [1])
        }
    }

    @Test func `a token is good until it is over or revoked`() async throws {
        try await withStore { store, _ async throws in
            let secret = Secret("s")
            let end = now.addingTimeInterval(60)
            _ = try await store.addToken("t", secret: secret, for: pool, until: end, by: "me", at: now)

            #expect(try await store.authenticate(token: "t", secret: secret, at: now)?.pool == pool)
            #expect(try await store.authenticate(token: "t", secret: Secret("x"), at: now) == nil)
            #expect(try await store.authenticate(token: "t", secret: secret, at: end) == nil)
            await #expect(throws: AgentStoreError.tokenNotFound("t")) {
                try await store.revokeToken("t", of: PoolID(registry: "r", name: "p"))
            }
            try await store.revokeToken("t", of: pool)
            #expect(try await store.authenticate(token: "t", secret: secret, at: now) == nil)
        }
    }
}
