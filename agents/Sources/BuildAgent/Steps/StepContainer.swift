import AgentProtocol
import DockerEngine
import Logging
import TaskFiles
import TaskModel

/// One container of a step, from its start to its end.
struct StepContainer: Sendable {
    let runner: StepRunner
    let step: TaskGraph.Step
    /// Its id.
    let container: String
    /// What a program in it may have begun on the daemon, by label; none if nothing.
    let children: [String]
    /// Whether they stay when it ends by itself.
    var keepsChildren = false
    /// What the log has of a container that an earlier process of the agent began; nil for a new one.
    var adopted: LogMark?
    /// Whether the step's time is over, so that nothing of it may go on.
    let isOver: @Sendable () -> Bool

    private var session: RunSession { runner.session }
    private var client: DockerClient { runner.session.daemon.client }

    /// Starts it and follows it to its end, then removes it, unless it is to be kept.
    ///
    /// - Throws: ``ContainerExit`` unless it ended with 0.
    func carryOut(_ search: OutputSearch) async throws {
        let code: Int
        do {
            code = try await exitCode(search) {}
            try await session.journal?.note(.exited(container: container, code: code))
        } catch {
            await remove(childrenToo: true)
            throw error
        }
        session.steps.note(exitCode: code, of: step.id)
        // Looked up before it is gone; unknown counts as no.
        let isOutOfMemory =
            code == 137 ? (try? await client.inspectContainer(container))??.isOutOfMemory ?? false : false
        if !step.isKept || !children.isEmpty { await remove(childrenToo: !keepsChildren || Task.isCancelled) }
        try Task.checkCancellation()
        guard code == 0 else {
            throw ContainerExit(
                code: code, reason: isOutOfMemory ? "it was killed, since it took more memory than there is" : nil)
        }
    }

    /// Starts it and returns. What it prints comes into the log until the run's steps are over; its exit code counts
    /// for nothing.
    func beginDetached() async throws {
        let (started, signal) = AsyncThrowingStream<Void, any Error>.makeStream()
        runner.detached.add {
            do {
                _ = try await exitCode(OutputSearch([])) { signal.yield() }
                signal.finish()
            } catch {
                signal.finish(throwing: error)
            }
        }
        var isStarted = false
        for try await _ in started {
            isStarted = true
            break
        }
        guard isStarted else { throw CancellationError() }
    }

    /// When the task is canceled it is stopped, and its last output still comes.
    private func exitCode(_ search: OutputSearch, whenStarted: @escaping @Sendable () -> Void) async throws -> Int {
        try await session.log.withOutput(
            of: step.id, isShared: runner.isShared(step), mark: adopted ?? LogMark(container: container)
        ) { log in
            try await Shield.carryOut {
                let follower = ContainerFollower(client: client, container: container, known: adopted) { piece in
                    search.add(piece.bytes)
                    await log.write(piece.bytes, from: piece.channel)
                }
                guard adopted == nil else { return try await follower.adopt { try await start() } }
                return try await follower.follow {
                    try await start()
                    whenStarted()
                }
            } onCancel: {
                // A container that is about to start can't be stopped yet, and a call may fail: until it has ended.
                while !Task.isCancelled {
                    await stop()
                    try? await Task.sleep(for: .milliseconds(500))  // canceled: it has ended
                }
            }
        }
    }

    private func start() async throws {
        try await session.lease.ensureAwake()
        do {
            try await client.startContainer(container)
        } catch DockerError.refused(_, _, let message) {
            let code = message.contains("permission denied") ? 126 : message.isAboutProgram ? 127 : 125
            throw ContainerExit(code: code, reason: message)
        }
    }

    private func stop() async {
        let atOnce = session.stopsAtOnce || isOver()
        await withTaskGroup(of: Void.self) { group in
            for child in await childContainers() { group.addTask { await runner.stop(child, atOnce: atOnce) } }
            group.addTask { await runner.stop(container, atOnce: atOnce) }
        }
    }

    /// In its own task, so that it happens also when the step was canceled.
    private func remove(childrenToo: Bool) async {
        await Task { [session] in
            for child in childrenToo ? await childContainers() : [] {
                await session.daemon.removeContainer(child, logger: session.logger)
            }
            await session.daemon.removeContainer(container, logger: session.logger)
        }.value
    }

    private func childContainers() async -> [String] {
        guard !children.isEmpty else { return [] }
        do {
            return try await client.containers(labels: children).map(\.id)
        } catch {
            session.logger.warning("containers not listed", metadata: ["error": "\(error)"])
            return []
        }
    }
}

extension String {
    /// Whether the daemon says that a container's program is not there.
    fileprivate var isAboutProgram: Bool {
        contains("executable file not found") || contains("no such file or directory")
    }
}
