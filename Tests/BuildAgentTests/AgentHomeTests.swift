import AgentProtocol
import CurlHTTP
import Foundation
import Logging
import TestSupport
import Testing

@testable import BuildAgent

/// The folder of an agent on another host, and how it becomes known.
struct AgentHomeTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func enter(_ home: AgentHome, name: String? = nil, token: String? = nil) async throws {
        _ = try await AgentEntry(
            server: "http://127.0.0.1:1", home: home, name: name, joinTokenFile: token, client: HTTPClient(),
            logger: logger
        ) { AgentDescription(id: $0, pool: "p", host: "h", slots: 1, version: "1") }
    }

    @Test func `the key to join with stays until it is accepted, and is for nobody else to read`() throws {
        try withTemporaryFolder { folder in
            let home = try AgentHome(folder + "/data")

            let first = try home.pendingKey(for: "build-1")
            #expect(try home.pendingKey(for: "build-1") == first)
            #expect(try home.pendingKey(for: "build-2") != first)
            #expect(try home.key() == nil)
            try home.keep(first)

            #expect(try home.key() == first)
            let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/data/agent-key")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder + "/data").sorted() == ["agent-key", "lock"])
        }
    }

    @Test func `a folder is one agent's alone`() throws {
        try withTemporaryFolder { folder in
            let home = try AgentHome(folder)

            #expect(throws: AgentHomeError.inUse(folder)) { try AgentHome(folder) }
            withExtendedLifetime(home) {}
        }
    }

    @Test func `a file that holds no key is told of, and not overwritten`() throws {
        try withTemporaryFolder { folder in
            try write("rubbish", to: folder + "/agent-key")
            let home = try AgentHome(folder)

            #expect(throws: AgentHomeError.noKey(folder + "/agent-key")) { try home.key() }
        }
    }

    @Test func `who has neither key nor token is told what to do`() async throws {
        try await withTemporaryFolder { folder async throws in
            let home = try AgentHome(folder + "/data")
            try write("agent.a.b", to: folder + "/token")

            await #expect(throws: AgentEntryError.noToken) { try await enter(home) }
            await #expect(throws: AgentEntryError.noTokenIn(folder + "/token")) {
                try await enter(home, token: folder + "/token")
            }
            try home.keep(try home.pendingKey(for: "one"))
            await #expect(throws: AgentEntryError.otherName("one", asked: "two")) { try await enter(home, name: "two") }
        }
    }

    @Test func `F4 an agent that starts while its server is away works by what it was told before`() async throws {
        try await withTemporaryFolder { folder async throws in
            let home = try AgentHome(folder + "/data")
            try home.keep(try home.pendingKey(for: "one"))
            var settings = AgentSettings()
            settings.logBytes = 77
            try home.keep(settings)

            let entry = try await AgentEntry(
                server: "http://127.0.0.1:1", home: home, name: nil, joinTokenFile: nil, client: HTTPClient(),
                logger: logger
            ) { AgentDescription(id: $0, pool: "p", host: "h", slots: 1, version: "1") }

            #expect(entry.settings == settings)
            #expect(entry.agent.id == AgentID("one"))
        }
    }
}
