import Foundation
import TestSupport
import Testing

struct LoginCommandTests {
    private func mode(_ file: URL) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int)
    }

    @Test func `a login is kept for its owner alone and used from then on`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("the secret\n", to: "secret")

            let login = try await slipway.run(
                "login", "--server", slipway.serverURL, "--client-id", "me", "--client-secret-file", "secret",
                isLocal: false)
            let list = try await slipway.run("runs", "list", "-o", "tsv", isLocal: false)
            let logout = try await slipway.run("logout", isLocal: false)
            let after = try await slipway.run(
                "runs", "list", environment: ["SLIPWAY_LOCAL": "/nowhere"], isLocal: false)

            #expect(login.code == 0, "\(login.errors)")
            #expect(login.errors.contains("Registries: acme01."))
            #expect(list.code == 0)
            #expect(logout.code == 0)
            #expect(after.code == 1)
            #expect(after.errors.contains("slipway login"))
        }
    }

    @Test func `S20 the files of a login have mode 0600`() async throws {
        try await CommandRunner.with { stub, slipway in
            _ = try await slipway.run(
                "login", "--server", slipway.serverURL, "--client-id", "me", "--client-secret-file", "-",
                input: "the secret", isLocal: false)
            _ = try await slipway.run("runs", "list", isLocal: false)
            _ = try await slipway.run("runs", "list", isLocal: false)

            #expect(try mode(slipway.folder.appending(path: "settings/profile.json")) == 0o600)
            #expect(try mode(slipway.folder.appending(path: "settings/token.json")) == 0o600)
            #expect(stub.now.tokensGiven == 2)
        }
    }

    @Test func `a wrong secret changes nothing and is not shown`() async throws {
        try await CommandRunner.with { _, slipway in
            let result = try await slipway.run(
                "login", "--server", slipway.serverURL, "--client-id", "me", "--client-secret-file", "-",
                input: "hunter2", isLocal: false)

            #expect(result.code == 1)
            #expect(result.errors.contains("The client secret is wrong."))
            #expect(!result.errors.contains("hunter2"))
            #expect(
                !FileManager.default.fileExists(atPath: slipway.folder.appending(path: "settings/profile.json").path))
        }
    }

    @Test(arguments: [
        ("http://example.test", "https://"), ("ftp://x", "https://host"), ("https://h:x", "https://host"),
    ])
    func `a server that a secret must not be sent to is refused`(server: String, part: String) async throws {
        try await CommandRunner.with { _, slipway in
            let result = try await slipway.run(
                "login", "--server", server, "--client-id", "me", input: "hunter2", isLocal: false)

            #expect(result.code == 1)
            #expect(result.errors.contains(part))
        }
    }

    @Test func `no server there is said with what to do next`() async throws {
        let server = try await ResourceAPIStub().serve { $0 }
        let slipway = try CommandRunner(server)
        defer { slipway.remove() }

        let result = try await slipway.run("runs", "list")

        #expect(result.code == 1)
        #expect(result.errors.hasPrefix("error: Can't reach the server at \(server.url)"))
    }
}
