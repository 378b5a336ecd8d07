import AgentProtocol
import DockerEngine
import TaskModel

/// Pushes a built image, which has its cache inside, under a name that is there for the cache.
struct CacheExport {
    let session: RunSession
    let step: String
    let imageID: String
    var isShared = false

    private var run: RunID { session.assignment.run }

    /// - Parameter isHeld: whether the image has that name already, and the run holds it.
    func push(as image: ImageReference, isHeld: Bool) async throws {
        guard !isHeld else { return try await push(image) }
        let names: Set = [image.description]
        // Held for the time of the push alone: runs of one task share the name and need not wait for each other's builds.
        try await session.daemon.names.acquire(names, for: run) { [log = session.log] name, other in
            await log.line("Waiting: run \(other) is writing \(name) on this daemon.")
        }
        defer { session.daemon.names.release(names, for: run) }
        let result: Result<Void, any Error>
        do {
            try await session.daemon.client.tagImage(
                imageID, repository: "\(image.registry)/\(image.repository)", tag: image.tag ?? "latest")
            result = .success(try await push(image))
        } catch {
            result = .failure(error)
        }
        // Its own task: cancellation must not keep the name on the daemon.
        await Task { [session, run] in
            _ = await session.daemon.removeNames(names, of: run, logger: session.logger)
        }.value
        try result.get()
    }

    private func push(_ image: ImageReference) async throws {
        await session.log.line("Writing the cache of the build to \(image)")
        try await ImagePush(
            session: session, step: step, imageID: imageID, connectionAttempts: 3, isShared: isShared, isForCache: true
        ).push(image)
    }
}
