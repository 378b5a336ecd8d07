import NIOCore
import NIOHTTP2
import NIOPosix

/// A session: a connection of ours on which the daemon makes gRPC calls during a build, and we are the server.
///
/// One for each build: a second build on a session would see the context of the first.
struct BuildSession {
    /// What builds name it by.
    let id: String
    let services: [any SessionService]
    /// What the daemon keeps files under. That of no other build, unless there is a key: what it keeps of one build's
    /// files must not be taken for another's.
    private let sharedKey: String

    /// For the whole of connecting and upgrading.
    private static let deadline = TimeAmount.seconds(15)

    init(services: [any SessionService], sharedKey: String? = nil) {
        id = Self.makeID()
        self.services = services
        self.sharedKey = sharedKey ?? id
    }

    /// An open session whose calls nobody answers yet.
    struct Connection: Sendable {
        fileprivate let channel: any Channel
        fileprivate let streams: SessionStreams

        /// Whether the daemon, or something between, closed it.
        var hasEnded: Bool { !channel.isActive }
    }

    /// Answers the daemon's calls while `work` is under way, and closes the session.
    ///
    /// That the session ends before `work` is no failure: the build may need nothing more of it, and says so if it
    /// does.
    func serve<Result: Sendable>(
        _ connection: Connection, during work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await answerCalls(on: connection)
                return nil
            }
            defer {
                connection.channel.close(promise: nil)
                group.cancelAll()
            }
            while let finished = try await group.next() {
                if let result = finished { return result }
            }
            throw CancellationError()
        }
    }

    // MARK: Connecting

    /// Opens the session: `POST /session`. It must be served, or closes with the process.
    ///
    /// - Throws: ``DockerError/refused(action:status:message:)`` when the connection is not upgraded, other
    ///   ``DockerError``s when there is none.
    func connect(to client: DockerClient) async throws -> Connection {
        let daemon = try await client.daemon()
        let request = head(version: daemon.version)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: SessionStreams.self)
        let timer = loop.scheduleTask(in: Self.deadline) { promise.fail(ChannelError.connectTimeout(Self.deadline)) }
        defer { timer.cancel() }
        let bootstrap = ClientBootstrap(group: loop).connectTimeout(Self.deadline).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(SessionUpgrade(request: request, promise: promise))
            }
        }
        let connecting = bootstrap.connect(unixDomainSocketPath: client.socketPath)
        connecting.whenFailure { promise.fail($0) }
        do {
            return try await withTaskCancellationHandler {
                let streams = try await promise.futureResult.get()
                return Connection(channel: try await connecting.get(), streams: streams)
            } onCancel: {
                promise.fail(CancellationError())
            }
        } catch {
            connecting.whenSuccess { $0.close(promise: nil) }
            throw translate(error, client)
        }
    }

    private func head(version: APIVersion) -> String {
        var lines = [
            "POST /v\(version)/session HTTP/1.1", "Host: docker", "Connection: Upgrade", "Upgrade: h2c",
            "Content-Length: 0",
            "X-Docker-Expose-Session-Uuid: \(id)", "X-Docker-Expose-Session-Name: slipway",
            "X-Docker-Expose-Session-Sharedkey: \(sharedKey)",
        ]
        for method in services.flatMap(\.methods) + [SessionStreamSorter.healthCheck] {
            lines.append("X-Docker-Expose-Session-Grpc-Method: \(method)")
        }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    private func translate(_ error: any Error, _ client: DockerClient) -> any Error {
        let action = "open a build session"
        switch error {
        case is CancellationError: return error
        case UpgradeError.refused(let status, let message):
            return DockerError.refused(action: action, status: status, message: message)
        case UpgradeError.unexpected(let reason): return DockerError.unexpected(action: action, reason: reason)
        case ChannelError.connectTimeout:
            return DockerError.unreachable(endpoint: client.endpoint, reason: .notAnswering)
        default:
            return DockerError.unreachable(
                endpoint: client.endpoint, reason: .whyNot(connectTo: client.socketPath) ?? .other("\(error)"))
        }
    }

    // MARK: Serving

    /// Answers calls until the connection ends or the task is canceled. Every call has a task of its own, so none
    /// waits for another.
    private func answerCalls(on connection: Connection) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                while let stream = await connection.streams.next() {
                    group.addTask {
                        try? await answer(stream)  // a call that breaks ends alone; the daemon knows
                    }
                }
            }
        } onCancel: {
            connection.streams.close()
            connection.channel.close(promise: nil)
        }
    }

    private func answer(_ stream: NIOAsyncChannel<HTTP2Frame.FramePayload, HTTP2Frame.FramePayload>) async throws {
        try await stream.executeThenClose { inbound, outbound in
            guard var call = try await SessionCall(inbound, outbound) else { return }
            let replies = call.replies
            guard let service = services.first(where: { $0.methods.contains(call.path) }) else {
                try await replies.end(CallStatus(.unimplemented, "\(call.path) is not served"), hasBegun: false)
                try await stream.channel.closeFuture.get()
                return
            }
            let timer = service.limit.map { limit in
                stream.channel.eventLoop.scheduleTask(in: limit) { stream.channel.close(promise: nil) }
            }
            defer { timer?.cancel() }
            try await replies.begin()
            var status = CallStatus(.ok)
            do {
                try await service.answer(&call)
            } catch let failure as CallStatus {
                status = failure
            } catch {
                status = CallStatus(.unknown, "\(error)")
            }
            try await replies.end(status, hasBegun: true)
            // The stream closes when the daemon has the end; closing it here would drop what still waits for a window.
            try await stream.channel.closeFuture.get()
        }
    }

    /// A text that no other session has.
    static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<25).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
    }
}
