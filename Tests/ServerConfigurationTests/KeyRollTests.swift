import ArgumentParser
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing
import WebServer

@testable import slipway_server

struct KeyRollTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func withServer(_ body: (DataDirectory, RollingKeys) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            let directory = try DataDirectory(opening: folder)
            _ = try FirstStart(in: directory, configuration: try await configuration())
            try await body(directory, RollingKeys(in: directory))
        }
    }

    @Test func `S18 a running server goes on with the new key and keeps the old one for a day`() async throws {
        try await withServer { directory, keys in
            let first = try keys.tokens()

            try KeyRoll.rollSigning(in: try DataDirectory(visiting: directory.path), isRevoking: false, now: now)
            let second = try keys.tokens()
            try KeyRoll.rollSigning(in: try DataDirectory(visiting: directory.path), isRevoking: false, now: now)
            let third = try keys.tokens()

            #expect(first.older.isEmpty)
            #expect(second.signing.id != first.signing.id)
            #expect(second.older.map(\.key.id) == [first.signing.id])
            #expect(second.older.map(\.until) == [now.addingTimeInterval(24 * 3600)])
            #expect(Set(third.older.map(\.key.id)) == [first.signing.id, second.signing.id])
        }
    }

    @Test func `keys that are over go with the next roll, and all of them when tokens are revoked`() async throws {
        try await withServer { directory, keys in
            try KeyRoll.rollSigning(in: directory, isRevoking: false, now: now)
            let second = try keys.tokens().signing.id
            try KeyRoll.rollSigning(in: directory, isRevoking: false, now: now.addingTimeInterval(24 * 3600))
            #expect(try keys.tokens().older.map(\.key.id) == [second])

            try KeyRoll.rollSigning(in: directory, isRevoking: true, now: now.addingTimeInterval(24 * 3600))

            #expect(try keys.tokens().older.isEmpty)
            #expect(directory.names(in: "keys/signing") == [])
        }
    }

    @Test func `S17 rolling the key for links voids the links there are, in a running server too`() async throws {
        try await withServer { directory, keys in
            let before = try keys.links().id

            try KeyRoll.rollLinks(in: try DataDirectory(visiting: directory.path))

            #expect(try keys.links().id != before)
            #expect(try keys.links().id == keys.links().id)
        }
    }

    @Test func `S20 keys are for their owner alone`() async throws {
        try await withServer { directory, _ in
            try KeyRoll.rollSigning(in: directory, isRevoking: false, now: now)

            let names = directory.names(in: "keys/signing")
            #expect(names == ["1800086400.key"])
            for file in ["keys/signing.key", "keys/signing/" + names[0]] {
                #expect(try mode(of: directory.path(file)) == 0o600)
            }
            #expect(try mode(of: directory.path("keys/signing")) == 0o700)
        }
    }

    @Test func `a folder where no server was set up has no keys to roll`() async throws {
        try await withTemporaryFolder { folder in
            let error = #expect(throws: DataDirectoryError.self) { try DataDirectory(visiting: folder) }
            let message = "\(try #require(error))"
            #expect(message.contains("no server has been set up there"))
        }
    }
}

struct StoppedServerTests {
    @Test func `principals are made in the folder of a server before its first start`() async throws {
        try await withTemporaryFolder { folder async throws in
            try await PrincipalsCreate.parse([
                "nightly", "--data", folder, "--role", "builder", "--in-registry", "LOCAL01",
            ])
            .run()

            try await StoppedServer.with(try ServerOptions.parse(["--data", folder])) { server in
                let records = try await server.principals.list(at: Date())
                #expect(records.map(\.principal.displayName) == ["administrator", "nightly"])
                #expect(records[1].principal.roles == [RoleAssignment(.builder, in: "local01")])
                #expect(records.map(\.isOwn) == [true, false])
            }
        }
    }

    @Test func `while a server runs they are left alone, and the way to do it is named`() async throws {
        try await withTemporaryFolder { folder async throws in
            let running = try DataDirectory(opening: folder)

            await #expect(throws: ExitCode(1)) {
                try await PrincipalsList.parse(["--data", folder]).run()
            }

            #expect("\(StoppedServerError(path: folder, process: 7))".contains("slipway principal"))
            withExtendedLifetime(running) {}
        }
    }

    @Test func `the administrator's new secret is also that of the local client`() async throws {
        try await withTemporaryFolder { folder async throws in
            let options = try ServerOptions.parse(["--data", folder])
            var before: Credential?
            try await StoppedServer.with(options) { before = $0.start.administrator }

            try await PrincipalsRotate.parse([try #require(before).username, "--data", folder]).run()

            try await StoppedServer.with(options) { server in
                let now = server.start.administrator
                #expect(now.username == before?.username)
                #expect(now.password != before?.password)
                let client = try LocalClient.read(from: server.directory)
                #expect(client?.clientSecret == now.password)
                let id = now.username
                #expect(try await server.principals.authenticate(id, secret: now.password.value) != nil)
                #expect(try await server.principals.authenticate(id, secret: before?.password.value ?? "") == nil)
            }
        }
    }
}
