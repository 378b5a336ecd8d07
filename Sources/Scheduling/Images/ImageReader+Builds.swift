import Contexts
import TaskFiles
import TaskModel

extension ImageReader {
    /// A build as far as its bases depend on it.
    struct Build {
        let reference: GitReference
        /// Relative to the folder of ``reference``; nil for the usual names.
        let dockerfile: String?
        let target: String?
        let arguments: [(String, String)]
        let platform: Platform
    }

    /// A build whose Dockerfile is not to be had before a run.
    struct BuildOutOfSight: Error {
        let reason: String
    }
}

extension ImageReader.Build {
    /// - Parameter context: that of the task, which lies in the workspace.
    init(_ command: BuildCommand, in context: GitReference?, platform: Platform) throws(ImageReader.BuildOutOfSight) {
        switch command.context {
        case .folder(let folder):
            guard let context else {
                throw ImageReader.BuildOutOfSight(reason: "what it builds is made by the run itself.")
            }
            reference = context
            dockerfile = try Self.inContext(command.dockerfile ?? folder + "/Dockerfile")
        case .remote(let location):
            guard case .git(let other)? = try? ContextLocation(location) else {
                throw ImageReader.BuildOutOfSight(reason: "its context is no git repository.")
            }
            reference = other
            dockerfile = command.dockerfile
        }
        target = command.target
        arguments = command.arguments.map { ($0.name, $0.value) }
        self.platform = command.platform ?? platform
    }

    private static func inContext(_ path: String) throws(ImageReader.BuildOutOfSight) -> String {
        let root = ContainerCommand.workspace + "/"
        guard path.hasPrefix(root) else {
            throw ImageReader.BuildOutOfSight(reason: "its Dockerfile is not of the context.")
        }
        return String(path.dropFirst(root.count))
    }
}

/// What a task file draws in, as far as it can be had without a run.
struct ReadingSources: TaskFileSources {
    /// Nil for a task whose context is no git repository.
    let reference: GitReference?
    let files: @Sendable (GitReference, _ path: String) async throws -> [UInt8]?

    private struct NotAtHand: Error, CustomStringConvertible {
        var description: String { "it is fetched by runs only" }
    }

    func file(_ path: String) async throws -> [UInt8]? {
        guard let reference else { return nil }
        return try await files(reference, path)
    }

    func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8] { throw NotAtHand() }

    /// Secrets name no images: what stands in their place is as good.
    func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret { Secret("secret") }
}
