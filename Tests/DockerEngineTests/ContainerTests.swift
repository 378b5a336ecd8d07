import Contexts
import CurlHTTP
import Foundation
import Synchronization
import TaskModel
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct ContainerTests {
    /// Runs `use` with an image that has a shell, made for this test.
    private func withImage<Result>(_ use: (DockerClient, String) async throws -> Result) async throws -> Result {
        let client = try TestDaemon.client()
        let name = TestDaemon.uniqueName() + ":1"
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n", [try TestDaemon.busybox()])
        // The label makes it another image than other tests', which would be removed with theirs.
        let options = BuildOptions(tags: [name], labels: [BuildLabel(name: "test.name", value: name)])
        _ = try await client.build(input, options: options) { _ in }
        return try await cleaningUp {
            try await use(client, name)
        } by: {
            try await client.removeImage(name)
        }
    }

    /// Runs `use` with a container that is made, and not started.
    private func withContainer<Result>(
        _ script: String, _ change: (inout ContainerSettings) -> Void = { _ in },
        _ use: (DockerClient, String) async throws -> Result
    ) async throws -> Result {
        try await withImage { client, image in
            var settings = ContainerSettings(image: image)
            settings.command = ["/bin/sh", "-c", script]
            change(&settings)
            let container = try await client.createContainer(TestDaemon.uniqueName(), settings)
            return try await cleaningUp {
                try await use(client, container)
            } by: {
                try await client.removeContainer(container)
            }
        }
    }

    private func cleaningUp<Result>(_ work: () async throws -> Result, by clean: () async throws -> Void) async throws
        -> Result
    {
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        try await clean()
        return try result.get()
    }

    /// What a container writes, by channel.
    private final class Written: Sendable {
        private let pieces = Mutex<[ContainerOutput]>([])

        @Sendable func add(_ piece: ContainerOutput) { pieces.withLock { $0.append(piece) } }

        func bytes(_ channel: ContainerOutput.Channel) -> [UInt8] {
            pieces.withLock { $0.filter { $0.channel == channel }.flatMap(\.bytes) }
        }

        func text(_ channel: ContainerOutput.Channel) -> String { String(decoding: bytes(channel), as: UTF8.self) }
    }

    @Test func `a container's output arrives byte for byte, its channels apart, with its exit code`() async throws {
        let written = Written()

        let code = try await withContainer(#"printf 'a\377b\000'; printf 'trouble' >&2; exit 7"#) { client, container in
            try await client.follow(
                container, whenAttached: { try await client.startContainer(container) }, output: written.add)
            return try await client.waitForContainer(container)
        }

        #expect(code == 7)
        #expect(written.bytes(.standard) == [0x61, 0xff, 0x62, 0])
        #expect(written.text(.error) == "trouble")
    }

    @Test func `much output in long lines arrives whole`() async throws {
        let written = Written()

        try await withContainer("i=0; while [ $i -lt 3000 ]; do printf '%01000d' $i; i=$((i+1)); done") {
            client, container in
            try await client.follow(
                container, whenAttached: { try await client.startContainer(container) }, output: written.add)
        }

        #expect(written.bytes(.standard).count == 3_000_000)
        #expect(written.text(.standard).hasSuffix("2999"))
    }

    @Test func `the settings of a container reach its program`() async throws {
        let written = Written()

        try await withContainer("echo $A $(hostname) $(pwd) $(id -u):$(id -g)") { settings in
            settings.environment = ["A=one", "A=two"]
            settings.hostname = "step"
            settings.workingDirectory = "/some/where"
            settings.user = "7:8"
        } _: { client, container in
            try await client.follow(
                container, whenAttached: { try await client.startContainer(container) }, output: written.add)
        }

        #expect(written.text(.standard) == "two step /some/where 7:8\n")
    }

    @Test func `limits and rights of a container reach its program`() async throws {
        let written = Written()

        try await withContainer(
            """
            ulimit -n; ulimit -Hn; cat /proc/sys/net/core/somaxconn; df -k /dev/shm | tail -n 1 | tr -s ' ' | cut -d' ' -f2
            grep -c 'NoNewPrivs:.*1' /proc/self/status; id -G; grep -c 192.0.2.53 /etc/resolv.conf; hostname -f
            """
        ) { settings in
            settings.limits.ulimits = [ProcessLimit(name: "nofile", soft: 100, hard: 200)]
            settings.limits.sharedMemory = 8 << 20
            settings.limits.memory = 64 << 20
            settings.limits.memorySwap = 64 << 20
            settings.limits.pids = 100
            settings.limits.nanoCPUs = 500_000_000
            settings.rights.sysctls = ["net.core.somaxconn": "99"]
            settings.rights.securityOptions = ["no-new-privileges"]
            settings.rights.droppedCapabilities = ["NET_RAW"]
            settings.groups = ["77"]
            settings.dnsServers = ["192.0.2.53"]
            settings.hostname = "step"
            settings.domainName = "example.com"
        } _: { client, container in
            try await client.follow(
                container, whenAttached: { try await client.startContainer(container) }, output: written.add)
        }

        #expect(
            written.text(.standard) == "100\n200\n99\n8192\n1\n0 77\n1\nstep.example.com\n", "\(written.text(.error))")
    }

    @Test func `folders of the host and of memory are where they are wanted`() async throws {
        let written = Written()

        try await withContainer(
            "ls /host/busybox; touch /host/x 2>/dev/null || echo kept; stat -c %a /memory; touch /new/x && echo new"
        ) { settings in
            var host = VolumeMount(.host("/bin", isMade: true), path: "/host")
            host.isReadOnly = true
            settings.mounts = [
                host, VolumeMount(.memory(bytes: 1 << 20, mode: 0o711), path: "/memory"),
                VolumeMount(.anonymous, path: "/new"),
            ]
        } _: { client, container in
            try await client.follow(
                container, whenAttached: { try await client.startContainer(container) }, output: written.add)
        }

        #expect(written.text(.standard) == "/host/busybox\nkept\n711\nnew\n", "\(written.text(.error))")
    }

    /// Whether the machine has these rights to give is its own matter, so they are only looked up.
    @Test func `rights that are not the container's own are asked of the daemon`() async throws {
        let inspected = try await withContainer("true") { settings in
            settings.rights.isPrivileged = true
            settings.rights.pidMode = "host"
            settings.rights.devices = [.init(hostPath: "/dev/null", path: "/dev/kmsg-here", permissions: "r")]
            settings.rights.addedCapabilities = ["SYS_ADMIN"]
            var check = HealthCheck(.shell("true"))
            check.interval = .seconds(90)
            settings.health = check
            settings.stopSignal = "SIGINT"
            settings.stopTimeout = .seconds(3)
        } _: { client, container in
            let call = EngineCall("inspect", "GET", DockerClient.containerPath(container) + "/json")
            return String(decoding: try await client.fetch(call), as: UTF8.self)
        }

        for part in [
            #""Privileged":true"#, #""PidMode":"host""#, #""PathInContainer":"/dev/kmsg-here""#, #""SYS_ADMIN""#,
            #""Interval":90000000000"#, #""StopSignal":"SIGINT""#, #""StopTimeout":3"#,
        ] {
            #expect(inspected.contains(part), "\(part) is not in \(inspected)")
        }
    }

    @Test func `output can be read again after the end`() async throws {
        let written = Written()

        try await withContainer("echo first; echo second >&2") { client, container in
            try await client.startContainer(container)
            _ = try await client.waitForContainer(container)
            try await client.logs(of: container, output: written.add)
        }

        #expect(written.text(.standard) == "first\n")
        #expect(written.text(.error) == "second\n")
    }

    @Test func `the log driver is ours and keeps all`() async throws {
        struct Inspection: Decodable {
            struct Host: Decodable {
                struct Log: Decodable {
                    let `Type`: String
                    let Config: [String: String]
                }
                let LogConfig: Log
            }
            let HostConfig: Host
        }

        let inspection = try await withContainer("true") { client, container in
            try await client.fetch(
                EngineCall("inspect", "GET", "/containers/\(container)/json"), as: Inspection.self)
        }

        #expect(inspection.HostConfig.LogConfig.Type == "json-file")
        #expect(inspection.HostConfig.LogConfig.Config == ["max-size": "1000t"])
    }

    @Test func `a killed container has the code of the signal, and is there until it is removed`() async throws {
        try await withContainer("sleep 1000") { client, container in
            try await client.startContainer(container)
            #expect(try await client.inspectContainer(container)?.status == "running")

            try await client.killContainer(container)

            #expect(try await client.waitForContainer(container) == 137)
            #expect(try await client.inspectContainer(container)?.exitCode == 137)
            try await client.killContainer(container)
            try await client.removeContainer(container)
            #expect(try await client.inspectContainer(container) == nil)
            try await client.removeContainer(container)
            try await client.killContainer(container)
            try await client.stopContainer(container, grace: .seconds(1))
        }
    }

    @Test func `a stopped container may end by itself`() async throws {
        let written = Written()

        let code = try await withContainer("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done") {
            client, container in
            let (ready, signal) = AsyncStream<Void>.makeStream()
            async let followed: Void = client.follow(
                container, whenAttached: { try await client.startContainer(container) }
            ) { piece in
                written.add(piece)
                signal.yield()
            }
            for await _ in ready { break }
            try await client.stopContainer(container, grace: .seconds(30))
            try await followed
            return try await client.waitForContainer(container)
        }

        #expect(code == 3)
        #expect(written.text(.standard) == "ready\nbye\n")
    }

    @Test func `canceling breaks off following at once`() async throws {
        try await withContainer("echo ready; sleep 1000") { client, container in
            let (ready, signal) = AsyncStream<Void>.makeStream()
            let following = Task {
                try await client.follow(container, whenAttached: { try await client.startContainer(container) }) { _ in
                    signal.yield()
                }
            }
            for await _ in ready { break }

            following.cancel()

            let result = await following.result
            let details = try await client.inspectContainer(container)
            #expect(throws: CancellationError.self) { try result.get() }
            #expect(details?.status == "running")
        }
    }

    @Test func `a program that is not there is refused in the daemon's words`() async throws {
        try await withContainer("true", { $0.entryPoint = ["/no/such/program"] }) { client, container in
            let error = await #expect(throws: DockerError.self) { try await client.startContainer(container) }

            #expect("\(String(describing: error))".contains("/no/such/program"))
        }
    }

    @Test func `an image that is not there is a refusal with 404`() async throws {
        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().createContainer(
                TestDaemon.uniqueName(), ContainerSettings(image: "no/such/image:here"))
        }

        guard case .refused(_, 404, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `files go into a volume and come back, with no container running`() async throws {
        let client = try TestDaemon.client()
        let volume = TestDaemon.uniqueName()
        try await client.createVolume(volume, labels: ["test.name": volume])

        let packed = try await withContainer("cat /data/folder/file > /data/copy") { settings in
            settings.mounts = [VolumeMount(volume: volume, path: "/data")]
        } _: { client, container in
            try await client.unpack(into: container, at: "/data") { pipe in
                let entries = [
                    InMemoryEntry(
                        ContextEntry(path: EntryPath("folder"), kind: .directory, mode: 0o755, modified: 0)),
                    InMemoryEntry(file: "folder/file", bytes: Array("content".utf8)),
                ]
                try await ContextPacker.packInBackground(InMemoryWalk(entries), into: pipe)
            }
            try await client.startContainer(container)
            #expect(try await client.waitForContainer(container) == 0)
            return try await client.pack("/data/.", of: container) { pipe in
                var bytes: [UInt8] = []
                while let more = try await pipe.read() { bytes += more }
                return bytes
            }
        }

        let archive = ArchiveSource {
            let pipe = BytePipe(capacity: packed.count + 1)
            try pipe.writeBlocking(packed)
            pipe.finish()
            return pipe
        }
        let context = try await BlockingExecutor.shared.run {
            try ArchiveContext.prepare(archive, dockerfile: .path("copy"))
        }
        #expect(context.dockerfile == Array("content".utf8))
        #expect(try await client.volumes(labels: ["test.name=\(volume)"]).map(\.name) == [volume])
        try await client.removeVolume(volume)
        try await client.removeVolume(volume)
        #expect(try await client.volumes(labels: ["test.name=\(volume)"]).isEmpty)
    }

    @Test func `a path that is not in a container is a refusal with 404`() async throws {
        try await withContainer("true") { client, container in
            let error = await #expect(throws: DockerError.self) {
                try await client.pack("/nowhere", of: container) { _ in }
            }

            guard case .refused(_, 404, _) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `containers of one network find each other by alias`() async throws {
        let client = try TestDaemon.client()
        let name = TestDaemon.uniqueName()
        let network = try await client.createNetwork(name, labels: ["test.name": name])
        let written = Written()

        try await withImage { client, image in
            var settings = ContainerSettings(image: image)
            settings.network = network
            settings.networkAliases = ["server"]
            settings.labels = ["test.name": name]
            settings.command = ["/bin/sh", "-c", "while :; do echo pong | nc -l -p 8080; done"]
            let server = try await client.createContainer(name + "-server", settings)
            try await client.startContainer(server)
            settings.networkAliases = ["client"]
            settings.command = [
                "/bin/sh", "-c", "until nc server 8080 </dev/null; do sleep 0.1; done",
            ]
            let asking = try await client.createContainer(name + "-client", settings)
            try await client.follow(
                asking, whenAttached: { try await client.startContainer(asking) }, output: written.add)
            let listed = try await client.containers(labels: ["test.name=\(name)"])
            #expect(Set(listed.map(\.id)) == [server, asking])
            for container in [server, asking] { try await client.removeContainer(container) }
        }

        #expect(written.text(.standard).contains("pong"))
        #expect(try await client.networks(labels: ["test.name=\(name)"]).map(\.id) == [network])
        try await client.removeNetwork(network)
        try await client.removeNetwork(network)
        #expect(try await client.networks(labels: ["test.name=\(name)"]).isEmpty)
    }

    @Test func `an image can be made of an archive`() async throws {
        let client = try TestDaemon.client()
        let name = TestDaemon.uniqueName()
        let pipe = BytePipe()
        try await ContextPacker.packInBackground(
            InMemoryWalk([InMemoryEntry(file: "file", bytes: [7])]), into: pipe)
        var archive: [UInt8] = []
        while let more = try await pipe.read() { archive += more }

        try await client.importImage(archive, repository: name, tag: "1", labels: ["test.name": name])

        #expect(try await client.images(labels: ["test.name=\(name)"]).flatMap(\.names) == ["\(name):1"])
        try await client.removeImage("\(name):1")
    }
}
