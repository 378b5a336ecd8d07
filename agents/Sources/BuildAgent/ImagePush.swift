import AgentProtocol
import Distribution
import DockerEngine
import Foundation
import TaskModel

/// Pushes one image of a run, and makes sure that what the registry has is what the run built.
struct ImagePush {
    let session: RunSession
    /// The id of the step that pushes.
    let step: String
    /// What the build made.
    let imageID: String
    /// How often a registry is tried that can't be connected to at all; nil for as long as one that fails. A build is
    /// not thrown away for a restart of its registry; a push step of a task file is given 3, as in ACR Tasks.
    var connectionAttempts: Int?
    /// Whether other steps may print at the same time.
    var isShared = false
    /// Whether the image is there for the build cache inside.
    var isForCache = false

    func push(_ image: ImageReference) async throws {
        let attempts = Attempts()
        let policy = RetryPolicy(limit: .seconds(600), connectionAttempts: connectionAttempts)
        let (digest, credential) = try await policy.run(verdict: Self.verdict) { error, _, wait in
            await session.log.line(
                "Container failed during run: \(step), waiting \(max(1, wait.components.seconds)) seconds before retrying... (\(error))"
            )
        } _: {
            try await attempt(image, attempts.next())
        }
        try await session.notePushed(
            OutputImage(registry: image.registry, repository: image.repository, tag: image.tag, digest: digest),
            isForCache: isForCache)
        try await check(image, digest: digest, credential: credential)
        await session.log.line("Successfully pushed image: \(image)")
    }

    private func attempt(_ image: ImageReference, _ number: Int) async throws -> (
        digest: String, credential: Credential?
    ) {
        try await session.pushing(image) { credential in
            await session.log.line("Pushing image: \(image), attempt \(number)")
            session.steps.launch(step)
            let digest = try await session.log.withOutput(of: step, isShared: isShared) {
                [client = session.daemon.client] log in
                try await client.push(image, credential: credential) { bytes in await log.write(bytes) }
            }
            return (digest, credential)
        }
    }

    /// The tag is one of the daemon's, which anybody may move: what arrived in the registry is compared with what was built.
    private func check(_ image: ImageReference, digest: String, credential: Credential?) async throws {
        let pushed = ImageReference(registry: image.registry, repository: image.repository, digest: digest)
        do {
            let (_, manifest) = try await session.registries.manifest(pushed, credential: credential)
            guard manifest.isImage(imageID) || digest == imageID else {
                throw RunFailure.failed(
                    "\(image) was pushed as \(digest), which is not the image \(imageID) that this run built: "
                        + "somebody moved the tag on the docker daemon meanwhile. Run it again.")
            }
        } catch let error as DistributionError {
            await session.log.line("Warning: the digest of \(image) could not be checked in the registry: \(error)")
        }
    }

    private static func verdict(_ error: any Error) -> RetryVerdict {
        guard case DockerError.push(_, let failure) = error else { return .giveUp }
        return switch failure {
        case .unreachable: .noConnection
        case .temporary: .again(after: nil)
        case .denied, .notFound, .other: .giveUp
        }
    }
}

/// Counts attempts.
private final class Attempts {
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }
}

extension Manifest {
    /// Whether the configuration with this id is in it: an image's id is the digest of its configuration.
    fileprivate func isImage(_ id: String) -> Bool {
        switch self {
        case .image(let image): image.config.digest == id
        case .index(let index): index.entries.contains { $0.descriptor.digest == id }
        }
    }
}
