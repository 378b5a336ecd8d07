import AgentProtocol
import DockerEngine
import TaskModel

/// Pushes a built image, which has its cache inside, under a name that is there for the cache.
struct CacheExport {
    let session: RunSession
    let step: String
    let imageID: String
    var isShared = false

    private static let longestWait = Duration.seconds(600)

    private var run: RunID { session.assignment.run }

    /// - Parameter isHeld: whether the image has that name already, and the run holds it.
    func push(as image: ImageReference, isHeld: Bool) async throws {
        guard !isHeld else { return try await push(image) }
        let names: Set = [image.description]
        guard session.daemon.names.holder(of: image.description) != run else {
            throw StepProblem(
                "the cache can't be written to \(image), which another step of the run builds; give it a name of its own"
            )
        }
        try await take(names)
        defer { session.daemon.names.release(names, for: run) }
        let result: Result<Void, any Error>
        do {
            try session.daemon.runNames.build(names, by: session.attempt)
            try await session.daemon.client.tagImage(
                imageID, repository: "\(image.registry)/\(image.repository)", tag: image.tag ?? "latest")
            result = .success(try await push(image))
        } catch {
            result = .failure(error)
        }
        // Its own task: cancellation must not keep the name on the daemon.
        await Task { [session] in
            await session.daemon.remove(names: names, of: session.attempt, logger: session.logger)
        }.value
        try result.get()
    }

    /// Holds the name for the time of the push alone: runs of one task share it and need not wait for each other's builds.
    private func take(_ names: Set<String>) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { [session, run] in
                try await session.daemon.names.acquire(names, for: run, isLate: true) { name, other in
                    await session.log.line("Waiting: run \(other) is writing \(name) on this daemon.")
                }
                return true
            }
            group.addTask {
                try await Task.sleep(for: Self.longestWait)
                return false
            }
            let isTaken = try await group.next() ?? false
            group.cancelAll()
            guard !isTaken else { return }
            // It may have been taken in the last moment.
            if let late = try? await group.next(), late { return }
            throw StepProblem(
                "the cache can't be written: another run holds \(names.sorted().joined(separator: ", ")) on the docker "
                    + "daemon for longer than \(Self.longestWait.components.seconds) seconds")
        }
    }

    private func push(_ image: ImageReference) async throws {
        await session.log.line("Writing the cache of the build to \(image)")
        try await ImagePush(
            session: session, step: step, imageID: imageID, connectionAttempts: 3, isShared: isShared, isForCache: true
        ).push(image)
    }
}
