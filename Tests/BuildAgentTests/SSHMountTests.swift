import Contexts
import DockerEngine
import Foundation
import Glibc
import SSHKeys
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

/// `RUN --mount=type=ssh` on the real daemon, with OpenSSH's own clients. Skipped where they are not installed or this is
/// not root.
@Suite(
    .needsDaemon, .timeLimit(.minutes(10)),
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd") && getuid() == 0))
struct SSHMountTests {
    @Test(arguments: [
        ["-t", "ed25519"], ["-t", "ecdsa", "-b", "256"], ["-t", "ecdsa", "-b", "521"], ["-t", "rsa", "-b", "3072"],
        ["-t", "rsa", "-b", "2048", "-m", "PEM"], ["-t", "ecdsa", "-b", "384", "-m", "PKCS8"],
    ])
    func `a step logs in at a server with the run's key`(_ options: [String]) async throws {
        try await SSHServer.with(options) { server in
            let request = BuildRequest(sshKeys: [BuildSSHKey(id: "default", privateKey: server.key)])
            let log = Log()

            try await build(
                """
                RUN --mount=type=ssh \(server.command) echo logged in; ssh-add -l
                RUN ssh-add -l; echo without: $?
                """, mounts: try BuildMounts(request), log)

            #expect(log.text.contains(" logged in"), "\(log.text)")
            #expect(log.text.contains(" without: 2"))
            #expect(!log.text.contains("PRIVATE KEY"))
        }
    }

    @Test func `keys have ids, and one id may have several keys`() async throws {
        try await withTemporaryFolder { folder in
            var mounts = BuildMounts()
            for (id, name) in [("a", "one"), ("a", "two"), ("b", "three")] {
                let path = "\(folder)/\(name)"
                try await ChildProcess.run(
                    ["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-C", name, "-f", path])
                try mounts.add(try String(contentsOfFile: path, encoding: .utf8), id: id)
            }
            let log = Log()

            try await build(
                """
                RUN --mount=type=ssh,id=a ssh-add -l
                RUN --mount=type=ssh,id=b ssh-add -l; ssh-add -D || echo kept; ssh-add -l
                """, mounts: mounts, log)

            let listed = ["one", "two", "three"].map { log.text.split(separator: " \($0) (ED25519)").count - 1 }
            #expect(listed == [1, 1, 2], "\(log.text)")
            #expect(log.text.contains(" kept"))
        }
    }

    @Test func `a key that a step requires and nobody gave fails the build with what to do`() async throws {
        for (mount, option) in [("type=ssh,required=true", "--ssh default="), ("type=ssh,id=x,required", "--ssh x=")] {
            let error = await #expect(throws: DockerError.self) {
                try await build("RUN --mount=\(mount) true", mounts: BuildMounts(), Log())
            }

            guard case .build(.step(let message)) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(message.hasPrefix("the build has no ssh key"))
            #expect(message.contains(option), "\(message)")
        }
    }

    @Test func `an agent that breaks off ends the client, and the step by it`() async throws {
        struct Broken: SSHAgent {
            struct Cut: Error {}

            func answer(_ message: [UInt8]) async throws -> [UInt8] { throw Cut() }
        }
        let log = Log()

        let error = await #expect(throws: DockerError.self) {
            try await build("RUN --mount=type=ssh ssh-add -l", agents: ["default": Broken()], log)
        }

        guard case .build(.step(let message)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("exit code: "), "\(message)")
        #expect(log.text.contains("communication with agent failed"), "\(log.text)")
    }

    @Test func `a build that is canceled while a client waits for the agent ends`() async throws {
        let agent = SilentAgent()
        let work = Task {
            try await build("RUN --mount=type=ssh ssh-add -l", agents: ["default": agent], Log())
        }
        await agent.asked()

        let clock = ContinuousClock()
        let start = clock.now
        work.cancel()

        await #expect(throws: CancellationError.self) { try await work.value }
        #expect(clock.now - start < .seconds(5))
        #expect(agent.isCanceled)
    }

    @Test func `a message of any length does no harm`() async throws {
        let log = Log()

        try await build(
            """
            RUN --mount=type=ssh printf '\\377\\377\\377\\377x' >long; printf '\\0\\0\\0\\0' >empty; \
              for f in long empty; do busybox nc local:$SSH_AUTH_SOCK <$f | busybox od -An -tx1; done; echo over
            """, mounts: try BuildMounts(BuildRequest()), agents: ["default": EmptyRing()], log)

        #expect(log.text.contains(" over"), "\(log.text)")
    }

    private struct EmptyRing: SSHAgent {
        func answer(_ message: [UInt8]) -> [UInt8] { SSHKeyRing([]).answer(message) }
    }

    private func build(
        _ steps: String, mounts: BuildMounts = BuildMounts(), agents: [String: any SSHAgent] = [:], _ log: Log
    ) async throws {
        let tools = try await SSHTools.shared()
        // The daemon carries equal steps of builds that go on at once out together, with the keys of one of them.
        let dockerfile = tools.dockerfile + "ENV BUILD=\(UUID().uuidString)\n" + steps + "\n"
        var input = BuildInput(
            walk: InMemoryWalk(tools.files), dockerfile: Array(dockerfile.utf8), isDockerfileIncluded: false)
        input.secrets = mounts.secrets
        input.sshAgents = mounts.agents.merging(agents) { _, given in given }
        var options = BuildOptions(noCache: true)
        options.network = "host"
        let client = try DockerClient(endpoint: TestHost.endpoint)
        _ = try await client.build(input, options: options) { log.add($0) }
    }
}

/// What a build prints.
private final class Log: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }
}

/// Answers nothing until its task is canceled.
private final class SilentAgent: SSHAgent {
    private let (questions, source) = AsyncStream<Void>.makeStream()
    private let state = Mutex(false)

    var isCanceled: Bool { state.withLock(\.self) }

    func asked() async {
        for await _ in questions { break }
    }

    func answer(_ message: [UInt8]) async throws -> [UInt8] {
        source.yield()
        let (never, end) = AsyncStream<Void>.makeStream()
        await withTaskCancellationHandler {
            for await _ in never {}
        } onCancel: {
            end.finish()
        }
        state.withLock { $0 = true }
        throw CancellationError()
    }
}

/// This machine's ssh clients and a shell, to be copied into an image made from nothing.
struct SSHTools: Sendable {
    let files: [InMemoryEntry]
    /// The first lines of a Dockerfile whose steps have them.
    let dockerfile: String

    static func shared() async throws -> SSHTools {
        var places = ["/bin/busybox", "/usr/bin/ssh", "/usr/bin/ssh-add"]
        for program in places.dropFirst() {
            let listed = try await ChildProcess.run(["ldd", program])
            places += listed.matches(of: /(\/[^ ]+) \(0x/).map { String($0.1) }
        }
        var files: [InMemoryEntry] = []
        var lines = ["FROM scratch"]
        for (index, place) in Set(places).sorted().enumerated() {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: place)))
            let entry = ContextEntry(
                path: EntryPath("file\(index)"), kind: .file(size: Int64(bytes.count)), mode: 0o755,
                modified: 1_700_000_000)
            files.append(InMemoryEntry(entry, bytes: bytes))
            lines.append("COPY file\(index) \(place)")
        }
        lines.append("RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]")
        lines.append("ENV PATH=/bin:/usr/bin")
        lines.append("RUN echo root:x:0:0:root:/root:/bin/sh >/etc/passwd")
        return SSHTools(files: files, dockerfile: lines.joined(separator: "\n") + "\n")
    }
}

/// A real sshd on loopback that takes one key.
struct SSHServer: Sendable {
    let port: UInt16
    let key: Secret

    /// Logs in there.
    var command: String {
        "ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p \(port) root@127.0.0.1"
    }

    static func with(_ keyOptions: [String], _ use: (SSHServer) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try await ChildProcess.run(
                ["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", folder + "/host"])
            try await ChildProcess.run(["ssh-keygen", "-q", "-N", "", "-f", folder + "/user"] + keyOptions)
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

                """
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder + "/sshd_config"))
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
            let server = try ChildProcess(
                ["/usr/sbin/sshd", "-D", "-e", "-f", folder + "/sshd_config"], limit: .seconds(600))
            defer { server.stop() }
            try await server.wait { $0.errors.contains("Server listening") ? true : nil }
            try await use(
                SSHServer(port: port, key: Secret(try String(contentsOfFile: folder + "/user", encoding: .utf8))))
        }
    }

    private static func freePort() throws -> UInt16 {
        let server = try LoopbackServer { _, _ in }
        defer { server.stop() }
        return server.port
    }
}
