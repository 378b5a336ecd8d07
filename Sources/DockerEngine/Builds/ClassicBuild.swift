import Contexts
import CurlHTTP
import Foundation
import TaskModel

/// One build by the classic builder: the context as a tar body, all credentials in a header, lines as they come.
///
/// Closing the connection ends the running step.
struct ClassicBuild: Sendable {
    let client: DockerClient
    let input: BuildInput
    let options: BuildOptions
    let vertices: @Sendable ([BuildVertex]) async -> Void
    let output: @Sendable ([UInt8]) async throws -> Void

    /// What has been seen of a build.
    private struct Course {
        var imageID: String?
        var steps = ClassicSteps()
        var failure: String?
    }

    func carryOut() async throws -> BuildResult {
        let call = try await call()
        let course = try await client.watching(call.action) { try await follow(call) }
        if let failure = course.failure {
            throw DockerError.build(BuildFailure(message: failure, instruction: course.steps.instruction))
        }
        guard let id = course.imageID else {
            throw DockerError.lost(action: call.action, reason: "its answer ended without a result")
        }
        return BuildResult(imageID: id, baseImages: course.steps.bases, builder: .classic)
    }

    private func call() async throws -> EngineCall {
        var call = EngineCall("build an image", "POST", "/build")
        call.query = [("version", "1"), ("rm", "1"), ("forcerm", "1")]
        call.query += try options.query(dockerfilePath: input.dockerfilePath)
        call.headers = [
            HTTPHeader("Content-Type", "application/x-tar"),
            HTTPHeader("X-Registry-Config", try RegistryLogin.header(input.allCredentials)),
        ]
        call.timeout = nil
        let first = try await carried()
        call.body = .stream(length: nil) { [walk = input.archiveWalk] pipe in
            try await ContextPacker.packInBackground(walk, into: pipe, first: first)
        }
        return call
    }

    /// What travels in the tar without being part of the context. The daemon takes the Dockerfile and `.dockerignore`
    /// out again when the tar's own `.dockerignore` says so, and applies it to nothing else.
    private func carried() async throws -> [InMemoryEntry] {
        guard !input.isDockerfileIncluded else { return [] }
        var entries = [input.dockerfileEntry]
        // One in the context is there because its rules keep it; they are the rules that dropped the Dockerfile.
        if try await !contextHasIgnoreFile() {
            entries.append(
                InMemoryEntry(
                    file: ".dockerignore",
                    bytes: Array(".dockerignore\n\(Self.pattern(for: input.dockerfilePath))\n".utf8)))
        }
        return entries
    }

    private func contextHasIgnoreFile() async throws -> Bool {
        struct Found: Error {}
        do {
            try await BlockingExecutor.shared.run { [walk = input.walk] in
                try walk.forEachEntry { entry, _ in
                    if entry.path == EntryPath(".dockerignore") { throw Found() }
                }
            }
            return false
        } catch is Found {
            return true
        }
    }

    /// The path as a rule that means just that path.
    private static func pattern(for path: String) -> String {
        String(path.flatMap { "\\*?[]".contains($0) ? ["\\", $0] : [$0] })
    }

    private func follow(_ call: EngineCall) async throws -> Course {
        try await client.send(call) { response in
            var messages = EngineMessages(response.body, action: call.action)
            var lines = TransferLines()
            var course = Course()
            while let message = try await messages.next() {
                if let reason = message.failure {
                    course.failure = reason
                } else if case .image(let id) = message.aux {
                    course.imageID = id
                } else if let text = message.stream {
                    if course.steps.read(text, at: Date()) { await vertices(course.steps.vertices.suffix(2)) }
                    if !text.isEmpty { try await output(Array(text.utf8)) }
                } else if let line = lines.line(for: message) {
                    course.steps.read(pull: message.status ?? "")
                    try await output(Array(line.utf8))
                }
            }
            course.steps.finish(failure: course.failure, at: Date())
            await vertices(course.steps.vertices.suffix(1))
            return course
        }
    }
}
