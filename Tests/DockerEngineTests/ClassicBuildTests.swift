import Contexts
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct ClassicBuildTests {
    private let options = BuildOptions(noCache: true, platform: .linuxAMD64, builder: .classic)

    @Test func `the classic builder makes an image and prints its steps`() async throws {
        let transcript = Transcript()
        let input = TestDaemon.input(
            "FROM scratch\nCOPY hello /hello\n", [InMemoryEntry(file: "hello", bytes: [1, 2])])

        let result = try await TestDaemon.client().build(input, options: options, output: transcript.add)

        #expect(try await TestDaemon.client().inspectImage(result.imageID)?.layers.count == 1)
        #expect(transcript.text.contains("Step 2/2 : COPY hello /hello\n"))
        try await TestDaemon.client().removeImage(result.imageID)
    }

    @Test func `limits, hosts and the network of a build reach its steps`() async throws {
        let transcript = Transcript()
        var options = options
        options.extraHosts = ["other.example.com:192.0.2.7"]
        options.network = "none"
        options.limits.sharedMemory = 8 << 20
        options.limits.memory = 64 << 20
        options.limits.nanoCPUs = 500_000_000
        options.limits.ulimits = [ProcessLimit(name: "nofile", soft: 100, hard: 200)]
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN [\"/bin/busybox\", \"--install\", \"-s\", \"/bin\"]\n"
                + "RUN ulimit -n; df -k /dev/shm | tail -n 1 | tr -s ' '; cat /etc/hosts; ls /sys/class/net\n",
            [try TestDaemon.busybox()])

        let result = try await TestDaemon.client().build(input, options: options, output: transcript.add)

        #expect(transcript.text.contains("100\nshm 8192 "))
        #expect(transcript.text.contains("192.0.2.7\tother.example.com"))
        #expect(!transcript.text.contains("eth0"))
        try await TestDaemon.client().removeImage(result.imageID)
    }

    @Test func `a step that fails is the build's failure`() async throws {
        let transcript = Transcript()
        let input = TestDaemon.input(TestDaemon.shell + "RUN echo before; exit 3\n", [try TestDaemon.busybox()])

        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().build(input, options: options, output: transcript.add)
        }

        guard case .build(.step(let message)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("returned a non-zero code: 3"))
        #expect(transcript.text.contains("before\n"))
    }

    @Test(arguments: [false, true])
    func `a Dockerfile that is not part of the context is not seen by COPY`(hasIgnoreFile: Bool) async throws {
        let transcript = Transcript()
        let ignore = InMemoryEntry(file: ".dockerignore", bytes: Array("D*file\n".utf8))
        let input = TestDaemon.input(
            TestDaemon.shell + "COPY . /all\nRUN cd /all && for name in * .*; do echo \"found $name\"; done\n",
            (hasIgnoreFile ? [ignore] : []) + [try TestDaemon.busybox(), InMemoryEntry(file: "kept", bytes: [1])])

        _ = try await TestDaemon.client().build(input, options: options, output: transcript.add)

        #expect(transcript.text.contains("found kept\n"))
        #expect(!transcript.text.contains("found Dockerfile"))
        #expect(transcript.text.contains("found .dockerignore\n") == hasIgnoreFile)
    }

    @Test func `a canceled build ends its step`() async throws {
        let transcript = Transcript()
        let marker = "3\(UInt32.random(in: 100_000_000 ... .max))"
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN echo begun; /bin/busybox sleep \(marker)\n", [try TestDaemon.busybox()])
        let build = Task { try await TestDaemon.client().build(input, options: options, output: transcript.add) }
        await transcript.wait(for: "\nbegun\n")
        try await eventually("the step to run") { try !TestDaemon.processes(with: marker).isEmpty }

        build.cancel()

        await #expect(throws: CancellationError.self) { try await build.value }
        try await eventually("the step to end") { try TestDaemon.processes(with: marker).isEmpty }
    }
}
