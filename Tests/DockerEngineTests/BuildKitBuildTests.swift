import Contexts
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct BuildKitBuildTests {
    @Test func `an image is made from nothing with its tag, label and argument`() async throws {
        let client = try TestDaemon.client()
        let name = TestDaemon.uniqueName()
        let transcript = Transcript()
        let input = TestDaemon.input(
            "FROM scratch\nARG WHAT\nLABEL what=$WHAT\nCOPY hello /hello\n",
            [InMemoryEntry(file: "hello", bytes: [1, 2])])
        let options = BuildOptions(
            tags: ["\(name):one", "\(name):two"],
            arguments: [BuildArgument(name: "WHAT", value: Secret("ä &=+%"), isSecret: false)],
            labels: [BuildLabel(name: "made.by", value: "a \"test\"")])

        let result = try await client.build(input, options: options, output: transcript.add)

        let image = try #require(try await client.inspectImage("\(name):two"))
        #expect(image.id == result.imageID)
        #expect(image.labels == ["what": "ä &=+%", "made.by": "a \"test\""])
        #expect(image.layers.count == 1)
        #expect(result.baseImages.isEmpty)
        #expect(transcript.text.contains("[1/1] COPY hello /hello"))
        #expect(transcript.text.contains("Successfully tagged \(name):one"))
        try await client.removeImage("\(name):one")
        try await client.removeImage("\(name):two")
        #expect(try await client.inspectImage("\(name):two") == nil)
    }

    @Test func `a step that fails is the build's failure, and its output is in the log`() async throws {
        let transcript = Transcript()
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN echo before; echo oh >&2; exit 3\n", [try TestDaemon.busybox()])

        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)
        }

        guard case .build(.step(let message)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("exit code: 3"))
        #expect(transcript.text.contains(/#\d+ \d+\.\d{1,3} before\n/))
        #expect(transcript.text.contains(/#\d+ ERROR:/))
    }

    @Test func `a Dockerfile that can't be read is the build's failure`() async throws {
        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().build(TestDaemon.input("FROM scratch\nBOGUS\n"), options: BuildOptions()) {
                _ in
            }
        }

        guard case .build(.step(let message)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("BOGUS"))
    }

    @Test func `a step finds the secret that it mounts, and none that was not given`() async throws {
        let transcript = Transcript()
        var input = TestDaemon.input(
            TestDaemon.shell + """
                RUN --mount=type=secret,id=token /bin/busybox wc -c /run/secrets/token
                RUN --mount=type=secret,id=other if [ -e /run/secrets/other ]; then exit 1; fi; echo absent
                """, [try TestDaemon.busybox()])
        input.secrets = ["token": Array("0123456789".utf8)]

        _ = try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)

        #expect(transcript.text.contains("10 /run/secrets/token"))
        #expect(transcript.text.contains(" absent"))
        #expect(!transcript.text.contains("0123456789"))
    }

    @Test func `a secret that a step requires and nobody gave fails the build`() async throws {
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN --mount=type=secret,id=nope,required=true true\n", [try TestDaemon.busybox()])

        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().build(input, options: BuildOptions(noCache: true)) { _ in }
        }

        guard case .build(.step(let message)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("nope"))
    }

    @Test func `a canceled build ends its step`() async throws {
        let transcript = Transcript()
        let marker = "1\(UInt32.random(in: 100_000_000 ... .max))"
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN echo begun; /bin/busybox sleep \(marker)\n", [try TestDaemon.busybox()])
        let build = Task {
            try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)
        }
        await transcript.wait(for: " begun")
        try await eventually("the step to run") { try !TestDaemon.processes(with: marker).isEmpty }

        build.cancel()

        await #expect(throws: CancellationError.self) { try await build.value }
        try await eventually("the step to end") { try TestDaemon.processes(with: marker).isEmpty }
    }

    @Test func `output that is refused breaks the build off`() async throws {
        struct Full: Error {}
        let marker = "2\(UInt32.random(in: 100_000_000 ... .max))"
        let input = TestDaemon.input(
            TestDaemon.shell + "RUN echo begun; /bin/busybox sleep \(marker)\n", [try TestDaemon.busybox()])

        await #expect(throws: Full.self) {
            try await TestDaemon.client().build(input, options: BuildOptions(noCache: true)) { bytes in
                if String(decoding: bytes, as: UTF8.self).contains(" begun") { throw Full() }
            }
        }

        try await eventually("the step to end") { try TestDaemon.processes(with: marker).isEmpty }
    }

    @Test func `names that the daemon refuses are reported in its words`() async throws {
        let error = await #expect(throws: DockerError.self) {
            try await TestDaemon.client().build(
                TestDaemon.input("FROM scratch\n"), options: BuildOptions(tags: ["UPPER:x"])
            ) { _ in }
        }

        guard case .refused(_, _, let message) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("invalid reference format"))
    }

    @Test func `what a walk throws is the error of the build`() async throws {
        struct Broken: Error {}
        struct BrokenWalk: ContextWalk {
            func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws { throw Broken() }
        }
        let input = BuildInput(
            walk: BrokenWalk(), dockerfile: Array("FROM scratch\nCOPY . /\n".utf8), isDockerfileIncluded: false)

        await #expect(throws: Broken.self) {
            try await TestDaemon.client().build(input, options: BuildOptions()) { _ in }
        }
    }

    @Test func `a session outlives many of the daemon's health checks`() async throws {
        let transcript = Transcript()
        var input = TestDaemon.input(
            TestDaemon.shell + """
                RUN /bin/busybox sleep 4
                RUN --mount=type=secret,id=late,required=true echo still there
                """, [try TestDaemon.busybox()])
        input.secrets = ["late": Array("x".utf8)]

        _ = try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)

        #expect(transcript.text.contains(" still there"))
    }
}
