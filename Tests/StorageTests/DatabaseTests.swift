import Foundation
import GRDB
import Storage
import TaskModel
import Testing

struct DatabaseTests {
    @Test func `F14 a file that a later version wrote is refused in words`() async throws {
        try await withStore { _, _, folder in
            let path = folder + "/slipway.sqlite"
            let raw = try DatabaseQueue(path: path)
            try await raw.write { try $0.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('999-later')") }

            #expect(throws: StorageError.newerSchema(path: path)) { try Storage.Database(path: path) }
        }
    }

    @Test func `principals are known by their secret, which is not stored`() async throws {
        try await withStore { _, database, _ in
            let principals = PrincipalStore(database: database)
            let admin = Principal(id: "0A1B", displayName: "administrator", roles: [RoleAssignment(.admin)])
            try await principals.put(admin, secret: "first-secret", at: TestData.now)

            #expect(try await principals.authenticate("0a1b", secret: "first-secret")?.principal == admin)
            #expect(try await principals.authenticate("0A1B", secret: "other-secret") == nil)
            #expect(try await principals.authenticate("other", secret: "first-secret") == nil)

            try await principals.put(admin, secret: "second-secret", at: TestData.now)
            #expect(try await principals.authenticate("0a1b", secret: "first-secret") == nil)
        }
    }
}
