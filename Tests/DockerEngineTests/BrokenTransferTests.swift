import Contexts
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct BrokenTransferTests {
    private let input = BuildInput(
        walk: GeneratedWalk(files: 2000, largeSize: 8 << 20),
        dockerfile: Array("FROM scratch\nCOPY . /\n".utf8), isDockerfileIncluded: false)

    /// After the upgrade, in the list of the context, in its files, near the end.
    @Test(arguments: [2000, 40_000, 1 << 20, 8 << 20])
    func `a session that is cut ends the build with a message, and nothing stays open`(bytes: Int) async throws {
        try await DaemonProxy.with(.cut(after: bytes)) { proxy in
            let client = try DockerClient(endpoint: proxy.endpoint)

            let error = await #expect(throws: DockerError.self) {
                try await client.build(input, options: BuildOptions(noCache: true)) { _ in }
            }

            guard case .lost("build an image", let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("session"), "\(reason)")
            try await eventually("the session to end") { proxy.sessions == 0 }
        }
    }

    @Test(arguments: [40_000, 2 << 20])
    func `a transfer that stands still ends the build with a message, and nothing stays open`(bytes: Int) async throws {
        try await DaemonProxy.with(.stall(after: bytes)) { proxy in
            let client = try DockerClient(endpoint: proxy.endpoint)
            var build = BuildKitBuild(
                client: client, input: input, options: BuildOptions(noCache: true), vertices: { _ in },
                output: { _ in })
            build.stallLimit = .milliseconds(300)

            let error = await #expect(throws: DockerError.self) { try await build.carryOut() }

            guard case .lost("build an image", let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("moved"), "\(reason)")
            try await eventually("the session to end") { proxy.sessions == 0 }
        }
    }
}
