import Foundation
import GRDB
import Storage
import TaskModel
import Testing

struct SecretStoreTests {
    private static let value = "vault-value-correct-horse"

    private func withSecrets(_ body: (SecretStore, String) async throws -> Void) async throws {
        try await withStore { _, database, folder async throws in
            try await body(SecretStore(database: database, box: SecretBox(key: TestData.key)), folder)
        }
    }

    private func set(_ value: String, _ location: String, in registry: String = "local01", _ store: SecretStore)
        async throws -> StoredSecret
    {
        try await store.set(
            Secret(value), at: try SecretLocation(location), in: registry, by: "me", at: TestData.now)
    }

    private func find(_ location: String, in registry: String = "local01", _ store: SecretStore) async throws -> String?
    {
        try await store.find(try SecretLocation(location), in: registry)?.value
    }

    @Test func `the newest version counts, unless another is named`() async throws {
        try await withSecrets { store, _ async throws in
            let first = try await set("one", "https://v.test/secrets/Password", store)
            let both = try await set("two", "https://V.test/secrets/PASSWORD", store)

            #expect(both.versions.count == 2)
            #expect(both.versions.last == first.versions.first)
            #expect(both.versions.allSatisfy { $0.id.count == 32 && $0.createdBy == "me" })
            #expect(try await store.list(in: "LOCAL01") == [both])
            #expect(try await find("https://v.test/secrets/password", store) == "two")
            let old = first.versions[0].id.uppercased()
            #expect(try await find("https://v.test/secrets/password/\(old)", store) == "one")
            #expect(try await find("https://v.test/secrets/password/0", store) == nil)
            #expect(try await find("https://w.test/secrets/password", store) == nil)
            #expect(try await find("https://v.test:444/secrets/password", store) == nil)
            #expect(try await find("https://v.test/secrets/other", store) == nil)
        }
    }

    @Test func `S16 a secret of one registry is not there for another`() async throws {
        try await withSecrets { store, _ async throws in
            _ = try await set("one", "https://v.test/secrets/a", store)

            #expect(try await find("https://v.test/secrets/a", in: "other01", store) == nil)
            #expect(try await store.list(in: "other01") == [])
            #expect(try await store.delete(try SecretLocation("https://v.test/secrets/a"), in: "other01") == 0)
            #expect(try await find("https://v.test/secrets/a", in: "Local01", store) == "one")
        }
    }

    @Test func `ten versions are kept`() async throws {
        try await withSecrets { store, _ async throws in
            let other = try await set("other", "https://v.test/secrets/b", store)
            var last = try await set("0", "https://v.test/secrets/a", store)
            let first = last.versions[0].id
            for number in 1...10 { last = try await set("\(number)", "https://v.test/secrets/a", store) }

            #expect(last.versions.count == 10)
            #expect(try await find("https://v.test/secrets/a/\(first)", store) == nil)
            #expect(try await find("https://v.test/secrets/a/\(last.versions[9].id)", store) == "1")
            #expect(try await find("https://v.test/secrets/a", store) == "10")
            #expect(try await store.list(in: "local01") == [last, other])
        }
    }

    @Test func `a version is deleted alone, and a secret with all of them`() async throws {
        try await withSecrets { store, _ async throws in
            _ = try await set("one", "https://v.test/secrets/a", store)
            let newest = try await set("two", "https://v.test/secrets/a", store).versions[0].id

            #expect(
                try await store.delete(try SecretLocation("https://v.test/secrets/A/\(newest)"), in: "local01") == 1)
            #expect(try await find("https://v.test/secrets/a", store) == "one")
            _ = try await set("three", "https://v.test/secrets/a", store)
            #expect(try await store.delete(try SecretLocation("https://v.test/secrets/a"), in: "local01") == 2)
            #expect(try await store.list(in: "local01") == [])
        }
    }

    @Test func `S20 values are not in the file in the clear, nor readable in another row`() async throws {
        try await withSecrets { store, folder async throws in
            _ = try await set(Self.value, "https://v.test/secrets/a", store)
            _ = try await set("other", "https://v.test/secrets/b", store)
            let bytes = try FileManager.default.contentsOfDirectory(atPath: folder).map {
                try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0))
            }.reduce(Data(), +)

            let raw = try DatabaseQueue(path: folder + "/slipway.sqlite")
            try await raw.write {
                try $0.execute(
                    sql: """
                        UPDATE vaultSecret SET value = (SELECT value FROM vaultSecret WHERE name = 'a') WHERE name = 'b'
                        """)
            }

            #expect(bytes.range(of: Data(Self.value.utf8)) == nil)
            #expect(bytes.range(of: Data("v.test".utf8)) != nil)
            await #expect(throws: StorageError.secretUnreadable) { try await find("https://v.test/secrets/b", store) }
        }
    }
}
