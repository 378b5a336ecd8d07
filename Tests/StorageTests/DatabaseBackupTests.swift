import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

struct DatabaseBackupTests {
    private func restored(_ path: String) throws -> (SQLiteRunStore, Database) {
        let database = try Database(path: path)
        return (SQLiteRunStore(database: database, box: SecretBox(key: TestData.key)), database)
    }

    @Test func `F15 a copy is made while runs are accepted, and holds what was there`() async throws {
        try await withStore { store, _, folder async throws in
            for _ in 1...20 { _ = try await store.enqueueTest() }
            async let more: Void = {
                for _ in 1...20 { _ = try await store.enqueueTest() }
            }()

            try Database.copy(folder + "/slipway.sqlite", to: folder + "/copy.sqlite")
            try await more

            let (copy, _) = try restored(folder + "/copy.sqlite")
            #expect(try await copy.list(registry: "local01", RunFilter(), before: nil, limit: 100).count >= 20)
            #expect(try await store.list(registry: "local01", RunFilter(), before: nil, limit: 100).count == 40)
        }
    }

    @Test func `F15 after a restore nothing of before goes on`() async throws {
        try await withStore { store, _, folder async throws in
            let ended = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "ended")
            _ = try await store.finish(lease: "ended", with: RunOutcome(status: .succeeded), at: TestData.now)
            let running = try await store.enqueueTest()
            _ = try await store.claimTest(lease: "held")
            let waiting = try await store.enqueueTest()
            try Database.copy(folder + "/slipway.sqlite", to: folder + "/copy.sqlite")
            let afterwards = try await store.enqueueTest()

            let (copy, database) = try restored(folder + "/copy.sqlite")
            let begun = try await database.beginGeneration(because: "restored", at: TestData.now)

            #expect(begun.number == 2)
            #expect(try await database.generation() == 2)
            #expect(Set(begun.ended) == [running.id, waiting.id])
            #expect(try await copy.find(ended.id)?.status == .succeeded)
            #expect(try await copy.find(running.id)?.status == .error)
            #expect(try await copy.find(waiting.id)?.errorMessage == "restored")
            #expect(try await copy.leased("held") == nil)
            #expect(try await copy.enqueueTest().id != afterwards.id)
        }
    }

    @Test func `F15 also a database that never had a run begins anew`() async throws {
        try await withStore { store, database, _ async throws in
            #expect(try await database.beginGeneration(because: "restored", at: TestData.now).ended.isEmpty)
            #expect(try await store.enqueueTest().id == RunID(sequence: 46_657))
        }
    }
}
