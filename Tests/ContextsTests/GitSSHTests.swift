import CurlHTTP
import Foundation
import Glibc
import TaskModel
import TestSupport
import Testing

@testable import Contexts

/// git over ssh against a real sshd on loopback. Skipped where none is installed or this is not root.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") && getuid() == 0))
struct GitSSHTests {
    private struct Server {
        let fixture: GitFixture
        let port: UInt16
        let key: Secret
        let hostKey: String

        var knownHosts: String { "[127.0.0.1]:\(port) \(hostKey)\n" }

        func prepare(_ ref: String = "main", key: Secret?, knownHosts: String, policy: AddressPolicy) async throws
            -> PreparedContext
        {
            var configuration = HTTPClient.Configuration()
            configuration.addressPolicy = policy
            let access = GitAccess(client: HTTPClient(configuration), sshKey: key, knownHosts: knownHosts)
            let text = "ssh://root@127.0.0.1:\(port)\(fixture.repositories)/app.git#\(ref)"
            guard case .git(let reference) = try ContextLocation(text) else { throw CocoaError(.featureUnsupported) }
            return try await GitContext.prepare(reference, pool: fixture.pool, access: access)
        }

        var allowed: AddressPolicy { AddressPolicy(allowedOrigins: ["ssh://127.0.0.1:\(port)"]) }
    }

    @Test(arguments: [["-t", "rsa", "-b", "3072", "-m", "PEM"], ["-t", "ed25519"], ["-t", "ecdsa"]])
    func `a repository is fetched with a key from a known host alone`(_ keyOptions: [String]) async throws {
        try await withServer(keyOptions) { server in
            let context = try await server.prepare(
                key: server.key, knownHosts: server.knownHosts, policy: server.allowed)
            #expect(try entries(of: context.included).map(\.path.text) == ["Dockerfile"])

            let unknown = await #expect(throws: ContextError.self) {
                try await server.prepare(key: server.key, knownHosts: "", policy: server.allowed)
            }
            #expect(
                unknown
                    == .unknownHostKey(
                        host: "[127.0.0.1]:\(server.port)", line: server.knownHosts.trimmingCharacters(in: .newlines)))
            let other = await #expect(throws: ContextError.self) {
                let line =
                    "[127.0.0.1]:\(server.port) ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ7KC0zyGS2nTtkwT0Bn4lZHBHhlGn4B0f0dRVXb8oYm"
                return try await server.prepare(key: server.key, knownHosts: line, policy: server.allowed)
            }
            #expect(other?.code == "unknown-host-key")
            let keyless = await #expect(throws: ContextError.self) {
                try await server.prepare(key: nil, knownHosts: server.knownHosts, policy: server.allowed)
            }
            #expect(keyless?.code == "access-refused")
            let blocked = await #expect(throws: ContextError.self) {
                try await server.prepare(key: server.key, knownHosts: server.knownHosts, policy: AddressPolicy())
            }
            #expect(blocked?.apiCode == "SourceAddressBlocked")
        }
    }

    @Test func `a commit that the server does not give alone comes with all of the repository`() async throws {
        try await withServer(["-t", "ed25519"]) { server in
            let fixture = server.fixture
            let old = try await fixture.git(["--git-dir=.", "rev-parse", "main"], in: "app.git")
            let tip = try await fixture.commit(["new": "x"], to: "main", in: "app.git")
            func paths(_ ref: String) async throws -> [String] {
                let context = try await server.prepare(
                    ref, key: server.key, knownHosts: server.knownHosts, policy: server.allowed)
                return try entries(of: context.included).map(\.path.text)
            }

            #expect(try await paths(old) == ["Dockerfile"])
            #expect(try await paths(tip) == ["Dockerfile", "new"])
            #expect(try await paths(String(old.prefix(10))) == ["Dockerfile"])
            let error = await #expect(throws: ContextError.self) {
                try await paths(String(repeating: "0", count: 40))
            }
            #expect(error?.code == "no-ref")
        }
    }

    @Test func `known hosts are found plain, hashed, and not once revoked`() async throws {
        let key = try #require(
            Data(base64Encoded: "AAAAC3NzaC1lZDI1NTE5AAAAIJ7KC0zyGS2nTtkwT0Bn4lZHBHhlGn4B0f0dRVXb8oYm"))
        let encoded = key.base64EncodedString()
        let text = "# comment\nother,git.example.com ssh-ed25519 \(encoded)\n"
        let hashed = try await withTemporaryFolder { folder in
            try write(text, to: folder + "/known_hosts")
            try await ChildProcess.run(["ssh-keygen", "-q", "-H", "-f", folder + "/known_hosts"])
            return try String(contentsOfFile: folder + "/known_hosts", encoding: .utf8)
        }

        #expect(!hashed.contains("git.example.com"))
        for lines in [KnownHosts(text), KnownHosts(hashed)] {
            #expect(lines.contains(key, for: "git.example.com"))
            #expect(!lines.contains(key, for: "example.com"))
        }
        #expect(
            !KnownHosts("git.example.com ssh-ed25519 \(encoded)\n@revoked * ssh-ed25519 \(encoded)").contains(
                key, for: "git.example.com"))
        #expect(KnownHosts.keyType(of: key) == "ssh-ed25519")
    }

    private func withServer(_ keyOptions: [String], _ body: (Server) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let fixture = GitFixture(folder: folder, origin: "")
            try FileManager.default.createDirectory(atPath: fixture.repositories, withIntermediateDirectories: true)
            try await fixture.makeRepository("app.git")
            for name in ["host", "user"] {
                try await ChildProcess.run(["ssh-keygen", "-q", "-N", "", "-f", folder + "/" + name] + keyOptions)
            }
            try FileManager.default.copyItem(atPath: folder + "/user.pub", toPath: folder + "/authorized")
            let port = try freePort()
            let configuration = """
                ListenAddress 127.0.0.1:\(port)
                HostKey \(folder)/host
                AuthorizedKeysFile \(folder)/authorized
                PidFile none
                StrictModes no
                UsePAM no
                PermitRootLogin yes
                PasswordAuthentication no
                PubkeyAcceptedAlgorithms +ssh-rsa
                HostKeyAlgorithms +ssh-rsa
                SetEnv GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=*

                """
            try write(configuration, to: folder + "/sshd_config")
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
            let server = try ChildProcess(
                ["/usr/sbin/sshd", "-D", "-e", "-f", folder + "/sshd_config"], limit: .seconds(600))
            defer { server.stop() }
            try await server.wait { $0.errors.contains("Server listening") ? true : nil }
            let hostKey = try String(contentsOfFile: folder + "/host.pub", encoding: .utf8).split(separator: " ")
                .prefix(2).joined(separator: " ")
            let key = Secret(try String(contentsOfFile: folder + "/user", encoding: .utf8))
            try await body(Server(fixture: fixture, port: port, key: key, hostKey: hostKey))
        }
    }

    @Test func `S12 a server that takes a connection and says nothing is not waited for`() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let port = try freePort(listener)
        try #require(listen(listener, 5) == 0)
        try await GitFixture.run { fixture in
            var configuration = HTTPClient.Configuration()
            configuration.addressPolicy = AddressPolicy(allowedOrigins: ["ssh://127.0.0.1:\(port)"])
            var access = GitAccess(client: HTTPClient(configuration), sshKey: Secret("k"))
            access.limits.duration = .milliseconds(500)
            guard case .git(let reference) = try ContextLocation("ssh://git@127.0.0.1:\(port)/app.git") else { return }

            let error = await #expect(throws: ContextError.self) {
                try await GitRemote(reference, pool: fixture.pool, access: access).refs()
            }

            #expect(error?.code == "unreachable")
        }
    }

    private func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return try freePort(descriptor)
    }

    private func freePort(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try #require(bind(descriptor, pointer, length) == 0)
                getsockname(descriptor, pointer, &length)
                return UInt16(
                    bigEndian: UnsafeRawPointer(pointer).assumingMemoryBound(to: sockaddr_in.self).pointee.sin_port)
            }
        }
    }
}
