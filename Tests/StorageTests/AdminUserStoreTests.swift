import Foundation
import GRDB
import Storage
import TaskModel
import Testing

struct AdminUserStoreTests {
    private func withAdminUsers(_ body: (AdminUserStore, String) async throws -> Void) async throws {
        try await withStore { _, database, folder async throws in
            try await body(AdminUserStore(database: database, box: SecretBox(key: TestData.key)), folder)
        }
    }

    @Test func `passwords are made once, and one is changed without the other`() async throws {
        try await withAdminUsers { store, _ async throws in
            #expect(try await store.find("local01") == nil)

            let made = try await store.passwords(of: "local01")
            let again = try await store.passwords(of: "LOCAL01")
            let changed = try await store.regenerate(.password2, of: "Local01")

            #expect(made.count == 2)
            #expect(made[.password]?.value.count == 43)
            #expect(made == again)
            #expect(changed[.password] == made[.password])
            #expect(changed[.password2] != made[.password2])
            #expect(try await store.find("local01") == changed)
        }
    }

    @Test func `S20 what is stored tells no password`() async throws {
        try await withAdminUsers { store, folder async throws in
            let passwords = try await store.passwords(of: "local01")

            let rows = try await DatabaseQueue(path: folder + "/slipway.sqlite").read { db in
                try Row.fetchAll(db, sql: "SELECT * FROM adminUser").map(\.description).joined()
            }
            #expect(rows.contains("local01"))
            for password in passwords.values { #expect(!rows.contains(password.value)) }
        }
    }
}
