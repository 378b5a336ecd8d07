import Contexts
import CurlHTTP
import SwiftProtobuf
import Synchronization
import TaskModel

/// One build by the daemon's BuildKit: files and answers over a session, progress from the trace.
struct BuildKitBuild: Sendable {
    let client: DockerClient
    let input: BuildInput
    let options: BuildOptions
    let vertices: @Sendable ([BuildVertex]) async -> Void
    let output: @Sendable ([UInt8]) async throws -> Void

    private static let action = "build an image"
    /// How long a canceled build may go on printing before its connection is closed.
    private static let lastLines = Duration.seconds(1)

    /// What the stream of messages ended with.
    private enum Ending: Sendable {
        case image(String)
        case failure(String)
        case nothing
    }

    private enum Event: Sendable {
        case ended(Result<Ending, any Error>)
        case printed(BuildProgress)
    }

    /// How long a transfer of files may stand still.
    var stallLimit = Duration.seconds(600)

    func carryOut() async throws -> BuildResult {
        let collected = BuildOutput()
        let transfer = Mutex<TransferStatistics?>(nil)
        let files = FileSyncService(input, times: input.fileTimes) { statistics in
            transfer.withLock { $0 = statistics }
            // A build that ends meanwhile prints no more.
            try? await collected.add(.text(Array(statistics.line.utf8)))
        }
        let logins = RegistryAuthService(credentials: input.credentials, tokens: input.tokens)
        let secrets = SecretsService(secrets: input.secrets)
        let keys = SSHForwardService(agents: input.sshAgents)
        let session = BuildSession(
            services: [files, logins, secrets, keys], sharedKey: input.usableKey?.name)
        let connection: BuildSession.Connection
        do {
            connection = try await session.connect(to: client)
        } catch DockerError.refused(let action, let status, let reason) {
            // Without one they could only be left out, and `COPY` would see a Dockerfile that it must not see.
            guard input.secrets.isEmpty, input.sshAgents.isEmpty, input.isDockerfileIncluded else {
                throw DockerError.refused(action: action, status: status, message: reason)
            }
            return try await buildWithoutSession(reason)
        }
        do {
            var result = try await CancelRequest.shield { cancel in
                try await session.serve(connection) {
                    let call = try await call(session: session.id)
                    files.tally.begin()
                    do {
                        return try await watching(files) { try await build(call, collected, id: session.id, cancel) }
                    } catch DockerError.build(.step(let message))
                        where connection.hasEnded && files.failure == nil && !message.contains("exit code:")
                    {
                        throw DockerError.lost(
                            action: Self.action, reason: "the connection of its session ended early (\(message))")
                    }
                }
            }
            result.transfer = transfer.withLock(\.self)
            return result
        } catch DockerError.build(let failure) {
            // The daemon tells only the text of what a walk threw.
            let text = failure.message
            throw files.failure ?? logins.failure(behind: text) ?? secrets.failure(behind: text)
                ?? keys.failure(behind: text) ?? .build(failure)
        }
    }

    /// Breaks `work` off when a transfer of files stands still.
    private func watching(
        _ files: FileSyncService, _ work: @escaping @Sendable () async throws -> BuildResult
    ) async throws -> BuildResult {
        try await withThrowingTaskGroup(of: BuildResult?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await files.tally.waitForStall(stallLimit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else {
                try Task.checkCancellation()
                throw DockerError.lost(
                    action: Self.action,
                    reason: "neither side of the context's transfer moved for \(stallLimit.components.seconds) seconds")
            }
            return result
        }
    }

    /// For daemons behind something that lets no connection be upgraded: the context as a tar. There is nobody to ask
    /// for credentials then.
    private func buildWithoutSession(_ reason: String) async throws -> BuildResult {
        let notice = """
            The daemon opens no build session (\(reason.escapedForDisplay)); \
            this build has no registry logins.

            """
        try await output(Array(notice.utf8))
        let id = BuildSession.makeID()
        let call = sendingTar(try call(id: id))
        return try await CancelRequest.shield { cancel in try await build(call, BuildOutput(), id: id, cancel) }
    }

    /// - Parameter id: what the build is canceled by.
    private func build(
        _ call: EngineCall, _ collected: BuildOutput, id: String, _ cancel: CancelRequest
    ) async throws -> BuildResult {
        try await withThrowingTaskGroup(of: Event?.self) { group in
            group.addTask {
                defer { collected.finish() }
                do {
                    let ending = try await client.watching(Self.action) { try await follow(call, collected) }
                    return .ended(.success(ending))
                } catch {
                    return .ended(.failure(error))
                }
            }
            group.addTask { .printed(try await collected.print(to: output, vertices: vertices)) }
            group.addTask {
                await cancel.wait()
                guard !Task.isCancelled else { return nil }
                try? await client.cancelBuild(id)  // closing the connection, which follows, cancels as well
                try await Task.sleep(for: Self.lastLines)
                throw CancellationError()
            }
            defer { group.cancelAll() }
            var ending: Result<Ending, any Error>?
            var progress: BuildProgress?
            while let event = try await group.next() {
                switch event {
                case .ended(let result): ending = result
                case .printed(let seen): progress = seen
                case nil: break
                }
                if let ending, let progress { return try result(of: ending.get(), progress, cancel) }
            }
            throw CancellationError()
        }
    }

    private func call(id: String) throws -> EngineCall {
        var call = EngineCall(Self.action, "POST", "/build")
        // Any text that no other build has will do to cancel it; the session's id is one.
        call.query = [("version", "2"), ("buildid", id)]
        call.query += try options.query(dockerfilePath: input.dockerfilePath)
        call.timeout = nil
        return call
    }

    /// A tar keeps the times of folders, which the session's own transfer does not: from the same context it makes the
    /// same layers everywhere. But `COPY .` sees all of a tar, and the daemon takes the Dockerfile from nowhere else
    /// then, so one that it must not see goes through the session, and the files with it.
    private func call(session: String) async throws -> EngineCall {
        var call = try call(id: session)
        call.query.append(("session", session))
        if input.asksForArchive {
            if input.isDockerfileIncluded { return sendingTar(call) }
            let notice = """
                The Dockerfile is not part of the context, so the files are sent one by one and not as an archive: they \
                have their own times, folders that of the transfer, and layers may differ from those of another build.

                """
            try await output(Array(notice.utf8))
        }
        call.query.append(("remote", "client-session"))
        return call
    }

    private func sendingTar(_ call: EngineCall) -> EngineCall {
        var call = call
        call.headers = [HTTPHeader("Content-Type", "application/x-tar")]
        let first = input.isDockerfileIncluded ? [] : [input.dockerfileEntry]
        call.body = .stream(length: nil) { [walk = input.archiveWalk] pipe in
            try await ContextPacker.packInBackground(walk, into: pipe, first: first)
        }
        return call
    }

    /// Reads the messages of the build to their end.
    private func follow(_ call: EngineCall, _ collected: BuildOutput) async throws -> Ending {
        try await client.send(call) { response in
            var messages = EngineMessages(response.body, action: call.action)
            var ending = Ending.nothing
            while let message = try await messages.next() {
                if let reason = message.failure {
                    ending = .failure(reason)
                } else if case .image(let id) = message.aux {
                    ending = .image(id)
                } else if message.id == "moby.buildkit.trace", case .trace(let bytes) = message.aux {
                    do {
                        let update = try WireStatusResponse(serializedBytes: bytes)
                        try await collected.add(.trace(update, bytes: bytes.count))
                    } catch let error as BinaryDecodingError {
                        throw DockerError.unexpected(
                            action: call.action, reason: "its trace can't be decoded (\(error))")
                    }
                } else if let text = message.stream {
                    try await collected.add(.text(Array(text.utf8)))
                }
            }
            return ending
        }
    }

    private func result(of ending: Ending, _ progress: BuildProgress, _ cancel: CancelRequest) throws -> BuildResult {
        if cancel.isMade { throw CancellationError() }
        switch ending {
        case .image(let id):
            return BuildResult(
                imageID: id, baseImages: progress.baseImages, frontend: progress.frontend, builder: .buildKit)
        case .failure(let message) where message.contains("no active session"):
            throw DockerError.lost(action: Self.action, reason: message)
        case .failure(let message): throw DockerError.build(BuildFailure(message: message, progress: progress))
        case .nothing: throw DockerError.lost(action: Self.action, reason: "its answer ended without a result")
        }
    }
}

extension TransferStatistics {
    /// For the log.
    fileprivate var line: String {
        let seconds = duration / .seconds(1)
        let time = "\(Int(seconds)).\(String(Int(seconds * 1000) % 1000 + 1000).dropFirst())"
        return "Context: transferred \(sentFiles) of \(files) files, \(sentBytes) bytes, ready after \(time) s\n"
    }
}
