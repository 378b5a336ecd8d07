import Contexts
import Dispatch
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

@Suite(.timeLimit(.minutes(10)))
struct DaemonFaultTests {
    private let input = BuildInput(
        walk: InMemoryWalk([]), dockerfile: Array("FROM scratch\n".utf8), isDockerfileIncluded: false)
    private let classic = BuildOptions(builder: .classic)
    private let session = EngineStub.Action.send("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")

    @Test func `a refusal carries the daemon's own message`() async throws {
        try await EngineStub.with { request in
            request.path == "/info" ? [EngineStub.response(500, #"{"message":"the disk is tired"}"#)] : []
        } _: { stub in
            await #expect(
                throws: DockerError.refused(action: "describe itself", status: 500, message: "the disk is tired")
            ) {
                try await DockerClient(endpoint: stub.endpoint).info()
            }
        }
    }

    @Test func `a daemon older than 20.10 is refused`() async throws {
        try await EngineStub.with { _ in
            [EngineStub.response(200, "OK", headers: ["Api-Version": "1.39"])]
        } _: { stub in
            await #expect(throws: DockerError.tooOld(apiVersion: "1.39")) {
                try await DockerClient(endpoint: stub.endpoint).info()
            }
        }
    }

    @Test(arguments: [("1.41", "1.41"), ("1.44", "1.44"), ("1.99", "1.48")])
    func `the lower of both versions is spoken`(offered: String, spoken: String) async throws {
        try await EngineStub.with { _ in
            [EngineStub.response(200, "OK", headers: ["Api-Version": offered])]
        } _: { stub in
            let daemon = try await DockerClient(endpoint: stub.endpoint).daemon()
            #expect(daemon.apiVersion == spoken)
        }
    }

    @Test(arguments: [
        (["Server": "Docker/20.10.24 (linux)"], true),
        (["Server": "Docker/28.0.0 (linux)", "Builder-Version": "2"], true),
        (["Server": "Docker/28.0.0 (linux)", "Builder-Version": "1"], false),
        (["Server": "Libpod/5.0.0 (linux)"], false),
    ])
    func `BuildKit is used where the daemon has it`(headers: [String: String], hasBuildKit: Bool) async throws {
        let all = headers.merging(["Api-Version": "1.41", "OSType": "linux"]) { first, _ in first }
        try await EngineStub.with { _ in
            [EngineStub.response(200, "OK", headers: all)]
        } _: { stub in
            let daemon = try await DockerClient(endpoint: stub.endpoint).daemon()
            #expect(daemon.hasBuildKit == hasBuildKit)
        }
    }

    @Test(arguments: [BuilderChoice.buildKit, .classic])
    func `F6 a build whose stream is cut off is lost`(builder: BuilderChoice) async throws {
        try await EngineStub.with { request in
            if request.path == "/session" { return [session, .hang] }
            return request.path.hasPrefix("/build?")
                ? [EngineStub.stream, EngineStub.chunk(#"{"stream":"begun\n"}"# + "\r\n")] : []
        } _: { stub in
            let error = await #expect(throws: DockerError.self) {
                try await DockerClient(endpoint: stub.endpoint).build(input, options: BuildOptions(builder: builder)) {
                    _ in
                }
            }
            guard case .lost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: [BuilderChoice.buildKit, .classic])
    func `F6 a build whose stream ends without a result is lost`(builder: BuilderChoice) async throws {
        try await EngineStub.with { request in
            if request.path == "/session" { return [session, .hang] }
            return request.path.hasPrefix("/build?") ? [EngineStub.stream, EngineStub.lastChunk] : []
        } _: { stub in
            await #expect(
                throws: DockerError.lost(action: "build an image", reason: "its answer ended without a result")
            ) {
                try await DockerClient(endpoint: stub.endpoint).build(input, options: BuildOptions(builder: builder)) {
                    _ in
                }
            }
        }
    }

    @Test func `F6 a daemon that hangs during a build is lost`() async throws {
        let watch = DaemonWatch(interval: .milliseconds(10), timeout: .milliseconds(50), failures: 2)
        let isHanging = Mutex(false)
        try await EngineStub.with { request in
            if request.path == "/_ping" { return isHanging.withLock(\.self) ? [.hang] : [] }
            return request.path.hasPrefix("/build?") ? [EngineStub.stream, .hang] : []
        } _: { stub in
            let client = try DockerClient(endpoint: stub.endpoint, watch: watch)
            _ = try await client.daemon()
            isHanging.withLock { $0 = true }
            let error = await #expect(throws: DockerError.self) {
                try await client.build(input, options: classic) { _ in }
            }
            guard case .lost = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `T17 a daemon that does not answer is given up`() async throws {
        try await EngineStub.with { _ in
            [.hang]
        } _: { stub in
            await #expect(throws: DockerError.unreachable(endpoint: stub.endpoint, reason: .notAnswering)) {
                try await DockerClient(endpoint: stub.endpoint).ping(timeout: .milliseconds(50))
            }
        }
    }

    @Test func `an answer that is no JSON is reported, not trusted`() async throws {
        try await EngineStub.with { request in
            request.path.hasPrefix("/build?")
                ? [EngineStub.stream, EngineStub.chunk("<html>\r\n"), EngineStub.lastChunk] : []
        } _: { stub in
            let error = await #expect(throws: DockerError.self) {
                try await DockerClient(endpoint: stub.endpoint).build(input, options: classic) { _ in }
            }
            guard case .unexpected = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a push that is cut off is lost, one without a digest too`() async throws {
        let image = try ImageReference("registry.example/app:1")
        for last in [[], [EngineStub.lastChunk]] {
            try await EngineStub.with { request in
                request.path.hasPrefix("/images/")
                    ? [EngineStub.stream, EngineStub.chunk(#"{"status":"Preparing","id":"a"}"# + "\n")] + last : []
            } _: { stub in
                let error = await #expect(throws: DockerError.self) {
                    try await DockerClient(endpoint: stub.endpoint).push(image, credential: nil) { _ in }
                }
                guard case .lost = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test func `a canceled push closes its connection`() async throws {
        let image = try ImageReference("registry.example/app:1")
        let transcript = Transcript()
        try await EngineStub.with { request in
            request.path.hasPrefix("/images/")
                ? [EngineStub.stream, EngineStub.chunk(#"{"status":"Preparing","id":"a"}"# + "\n"), .hang] : []
        } _: { stub in
            let push = Task {
                try await DockerClient(endpoint: stub.endpoint).push(image, credential: nil, output: transcript.add)
            }
            await transcript.wait(for: "a: Preparing\n")

            push.cancel()

            await #expect(throws: CancellationError.self) { try await push.value }
        }
    }

    @Test func `a canceled build is canceled at the daemon, and its last lines are printed`() async throws {
        let isCanceled = DispatchSemaphore(value: 0)
        let transcript = Transcript()
        try await EngineStub.with { request in
            if request.path == "/session" { return [session, .hang] }
            if request.path.hasPrefix("/build/cancel?") {
                isCanceled.signal()
                return [EngineStub.response(200, "")]
            }
            guard request.path.hasPrefix("/build?") else { return [] }
            return [
                EngineStub.stream, EngineStub.chunk(#"{"stream":"begun\n"}"# + "\r\n"), .wait { isCanceled.wait() },
                EngineStub.chunk(#"{"stream":"last\n"}"# + "\r\n" + #"{"error":"context canceled"}"# + "\r\n"),
                EngineStub.lastChunk,
            ]
        } _: { stub in
            let build = Task {
                let client = try DockerClient(endpoint: stub.endpoint)
                return try await client.build(input, options: BuildOptions(), output: transcript.add)
            }
            await transcript.wait(for: "begun\n")

            build.cancel()

            await #expect(throws: CancellationError.self) { try await build.value }
            #expect(transcript.text == "begun\nlast\n")
            let ids = stub.requests.compactMap {
                $0.path.firstMatch(of: /build(?:\/cancel\?|.*build)id=([a-z0-9]+)/)?.1
            }
            #expect(ids.count == 2 && ids[0] == ids[1])
        }
    }

    @Test func `a daemon that opens no session gets the context as a tar`() async throws {
        let transcript = Transcript()
        let image = #"{"id":"moby.image.id","aux":{"ID":"sha256:00"}}"# + "\r\n"
        try await EngineStub.with { request in
            if request.path == "/session" { return [EngineStub.response(400, #"{"message":"no sessions here"}"#)] }
            return request.path.hasPrefix("/build?")
                ? [EngineStub.stream, EngineStub.chunk(image), EngineStub.lastChunk] : []
        } _: { stub in
            var whole = input
            whole.isDockerfileIncluded = true
            let client = try DockerClient(endpoint: stub.endpoint)
            let result = try await client.build(whole, options: BuildOptions(), output: transcript.add)

            #expect(result.imageID == "sha256:00")
            #expect(transcript.text.contains("no sessions here"))
            // Without a session these would be left out, or seen.
            whole.secrets = ["token": [1]]
            for other in [input, whole] {
                await #expect(throws: DockerError.self) {
                    try await client.build(other, options: BuildOptions()) { _ in }
                }
            }
            let build = try #require(stub.requests.first { $0.path.hasPrefix("/build?") })
            #expect(!build.path.contains("session"))
            #expect(build.headers["content-type"] == "application/x-tar")
        }
    }
}
