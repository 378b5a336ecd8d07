import Foundation
import GRDB
import Storage
import TaskModel
import Testing

struct PrincipalStoreTests {
    private func withPrincipals(_ body: (PrincipalStore, String) async throws -> Void) async throws {
        try await withStore { _, database, folder in
            try await body(PrincipalStore(database: database), folder)
        }
    }

    private let now = TestData.now

    @Test func `S20 secrets are not in the files of the database`() async throws {
        try await withPrincipals { principals, folder in
            let made = try await principals.create(named: "a", roles: [], at: now)
            let rotated = try await principals.rotate(made.record.principal.id, grace: .seconds(60), at: now)

            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let bytes = try Data(contentsOf: URL(filePath: folder + "/" + name))
                #expect(bytes.range(of: Data(made.secret.value.utf8)) == nil, "\(name)")
                #expect(bytes.range(of: Data(rotated.secret.value.utf8)) == nil, "\(name)")
            }
            #expect(made.secret != rotated.secret)
        }
    }

    @Test func `two secrets are good while one takes over from the other`() async throws {
        try await withPrincipals { principals, _ in
            let first = try await principals.create(named: "a", roles: [RoleAssignment(.reader)], at: now)
            let id = first.record.principal.id
            func isGood(_ secret: Secret, after seconds: TimeInterval) async throws -> Bool {
                try await principals.authenticate(id, secret: secret.value, at: now.addingTimeInterval(seconds)) != nil
            }

            let second = try await principals.rotate(id, grace: .seconds(60), at: now)
            #expect(try await isGood(first.secret, after: 59))
            #expect(!(try await isGood(first.secret, after: 60)))
            #expect(try await isGood(second.secret, after: 59))
            #expect(second.record.secrets.map(\.endTime) == [now.addingTimeInterval(60), nil])

            let third = try await principals.rotate(id, grace: .seconds(60), at: now.addingTimeInterval(30))
            #expect(!(try await isGood(first.secret, after: 30)))
            #expect(try await isGood(second.secret, after: 89))
            #expect(third.record.secrets.count == 2)

            let fourth = try await principals.rotate(id, grace: .zero, at: now.addingTimeInterval(40))
            #expect(!(try await isGood(second.secret, after: 40)))
            #expect(!(try await isGood(third.secret, after: 40)))
            #expect(try await isGood(fourth.secret, after: 1_000_000))
            #expect(fourth.record.secrets.count == 1)
        }
    }

    @Test func `putting the same secret again keeps its id, and another one ends it`() async throws {
        try await withPrincipals { principals, _ in
            let own = Principal(id: "own", displayName: "administrator", roles: [RoleAssignment(.admin)])
            func secretID(_ secret: String) async throws -> String? {
                try await principals.put(own, secret: secret, isOwn: true, at: now)
                return try await principals.authenticate("OWN", secret: secret, at: now)?.secretID
            }

            let first = try await secretID("first")
            let again = try await secretID("first")
            let other = try await secretID("other")

            #expect(first != nil && first == again)
            #expect(other != nil && other != first)
            #expect(try await principals.find("own", holding: first ?? "", at: now) == nil)
            #expect(try await principals.find("own", holding: other ?? "", at: now) == own)
        }
    }

    @Test func `a secret is of its principal alone`() async throws {
        try await withPrincipals { principals, _ in
            let one = try await principals.create(named: "one", roles: [], at: now)
            let two = try await principals.create(named: "two", roles: [], at: now)

            #expect(
                try await principals.authenticate(two.record.principal.id, secret: one.secret.value, at: now) == nil)
            #expect(
                try await principals.find(
                    two.record.principal.id, holding: one.record.secrets[0].id, at: now) == nil)
        }
    }

    @Test func `somebody always has the role Admin everywhere`() async throws {
        try await withPrincipals { principals, _ in
            let admin = RoleAssignment(.admin)
            let one = try await principals.create(named: "one", roles: [admin], at: now).record.principal.id
            let two = try await principals.create(
                named: "two", roles: [RoleAssignment(.admin, in: "local01")], at: now
            ).record.principal.id

            await #expect(throws: PrincipalError.lastAdministrator) { try await principals.delete(one, at: now) }
            await #expect(throws: PrincipalError.lastAdministrator) {
                try await principals.unassign(admin, from: one, at: now)
            }
            #expect(try await principals.find(one)?.roles == [admin])

            _ = try await principals.assign(admin, to: two, at: now)
            _ = try await principals.unassign(admin, from: one, at: now)
            await #expect(throws: PrincipalError.lastAdministrator) { try await principals.delete(two, at: now) }
            try await principals.delete(one, at: now)
            await #expect(throws: PrincipalError.notFound(one)) { try await principals.show(one, at: now) }
        }
    }
}
