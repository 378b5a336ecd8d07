import AgentProtocol
import Contexts
import Distribution
import DockerEngine
import Synchronization
import TaskModel

/// The images of one run: those that its steps built, and those that they run in.
final class RunImages: Sendable {
    /// What a build step made.
    struct Build: Sendable {
        let result: ImageBuild.Result
        let images: [ImageReference]
        /// Of a context of its own; nil for one out of the workspace.
        let revision: SourceRevision?
    }

    private struct State {
        var builds: [String: Build] = [:]
        /// By name with registry and tag.
        var built: [ImageReference: String] = [:]
        var fetched: Set<ImageReference> = []
    }

    private let session: RunSession
    private let state = Mutex(State())

    init(session: RunSession) {
        self.session = session
    }

    /// By step.
    var builds: [String: Build] { state.withLock(\.builds) }

    func note(
        _ result: ImageBuild.Result, of step: String, as images: [ImageReference], revision: SourceRevision? = nil
    ) {
        state.withLock { state in
            state.builds[step] = Build(result: result, images: images, revision: revision)
            for image in images { state.built[image] = result.imageID }
        }
    }

    /// The id of an image that this run built; nil for others.
    func built(_ image: ImageReference) -> String? {
        state.withLock { $0.built[image.completed] }
    }

    /// Makes an image ready to run in: one that the run built as it is, any other as its registry has it now.
    ///
    /// - Parameters:
    ///   - isForced: asks the registry also when the run asked before.
    ///   - platform: nil is the daemon's own.
    /// - Returns: what to name it to the daemon.
    /// - Throws: ``DockerError``.
    func prepare(_ name: String, isForced: Bool, platform: Platform? = nil) async throws -> String {
        let image = try ImageReference(name).completed
        if let id = built(image) { return id }
        if isForced || !state.withLock({ $0.fetched.contains(image) }) {
            try await fetch(image, platform: platform)
            state.withLock { _ = $0.fetched.insert(image) }
        }
        return image.description
    }

    /// Does `work` with an image that was made ready. If the daemon has it no more, since another agent or somebody by
    /// hand took it off, it is pulled anew and used once more.
    func using<Value>(
        _ image: String, of name: String, platform: Platform? = nil, _ work: (String) async throws -> Value
    ) async throws -> Value {
        do {
            return try await work(image)
        } catch DockerError.refused(_, 404, let message) where message.lowercased().contains("no such image") {
            return try await work(try await prepare(name, isForced: true, platform: platform))
        }
    }

    /// - Returns: what to name it to the daemon, whatever its registry has; nil if the daemon has none that this run may
    ///   take.
    func present(_ name: String) async throws -> String? {
        let image = try ImageReference(name).completed
        if let id = built(image) { return id }
        guard session.daemon.mayTake(image.description, for: session.attempt) else { return nil }
        return try await session.daemon.client.inspectImage(image.description) == nil ? nil : image.description
    }

    /// Pulls with the run's login. Where a registry can't be connected to at all, the daemon's own image serves.
    private func fetch(_ image: ImageReference, platform: Platform?) async throws {
        let credential = session.assignment.pullCredentials[image.registry]
        let client = session.daemon.client
        let known = try await session.use(image)
        let mayServe = known != nil && session.daemon.mayTake(image.description, for: session.attempt)
        do {
            try await RetryPolicy().run(verdict: { Self.verdict($0, mayServe: mayServe) }) {
                [log = session.log] error, _, wait in
                await log.line("\(error) Trying again in \(max(1, wait.components.seconds)) seconds.")
            } _: {
                try await client.pull(image, credential: credential, platform: platform) { _ in }
            }
        } catch DockerError.pull(_, .unreachable(let reason)) where mayServe {
            await session.log.line(
                "The registry of \(image) can't be connected to (\(reason)); using the daemon's own image, which may be old."
            )
            return
        }
        session.daemon.runNames.get(image.description, by: session.attempt)
        guard try await client.inspectImage(image.description)?.id != known?.id else { return }
        await session.log.line("Pulled image: \(image)")
    }

    /// - Parameter mayServe: whether the daemon's own image may.
    private static func verdict(_ error: any Error, mayServe: Bool) -> RetryVerdict {
        switch error {
        case DockerError.pull(_, .temporary): .again(after: nil)
        case DockerError.pull(_, .unreachable): mayServe ? .giveUp : .noConnection
        default: .giveUp
        }
    }
}
