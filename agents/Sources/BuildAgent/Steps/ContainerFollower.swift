import DockerEngine
import Synchronization

/// Follows a container from its start to its end, also when its daemon is restarted or hangs meanwhile: as long as the
/// container lives, its step goes on.
struct ContainerFollower: Sendable {
    let client: DockerClient
    let container: String
    let output: @Sendable (ContainerOutput) async -> Void
    private let seen: Seen

    /// How long a daemon that is gone is waited for.
    private static let patience = Duration.seconds(85)
    /// The same for one that takes calls and does not answer: 75 s have passed until that is noticed.
    private static let patienceWithSilence = Duration.seconds(20)

    /// - Parameter known: what was passed on before.
    init(
        client: DockerClient, container: String, known: LogMark? = nil,
        output: @escaping @Sendable (ContainerOutput) async -> Void
    ) {
        self.client = client
        self.container = container
        seen = Seen(known)
        self.output = output
    }

    /// Bytes of each stream that were passed on.
    private final class Seen: Sendable {
        let counts: Mutex<[ContainerOutput.Channel: Int64]>
        let isStarted = Mutex(false)

        init(_ known: LogMark?) {
            counts = Mutex(known.map { [.standard: $0.standard, .error: $0.error] } ?? [:])
        }
    }

    /// - Parameter start: starts it, once its output is read.
    /// - Returns: its exit code.
    /// - Throws: ``RunFailure`` with "docker daemon lost" if it can't be told how it ended.
    func follow(start: @escaping @Sendable () async throws -> Void) async throws -> Int {
        do {
            try await client.follow(container) { [seen] in
                try await start()
                seen.isStarted.withLock { $0 = true }
            } output: { piece in
                await take(piece.bytes, of: piece.channel)
            }
            return try await client.waitForContainer(container)
        } catch let error as DockerError where error.isLoss && seen.isStarted.withLock(\.self) {
            return try await resume(after: error)
        }
    }

    /// Goes on with a container that an earlier process began.
    ///
    /// - Parameter start: starts it, if that process did not come to that.
    /// - Throws: ``RunFailure`` if it is gone.
    func adopt(start: @escaping @Sendable () async throws -> Void) async throws -> Int {
        do {
            guard let details = try await client.inspectContainer(container) else {
                throw RunFailure.error("container lost: it was gone when the agent was restarted")
            }
            guard details.status != "created" else { return try await follow(start: start) }
            seen.isStarted.withLock { $0 = true }
            try await catchUp(isFollowed: details.status == "running")
            if details.status == "exited" { try await checkUnseen(details) }
            return try await client.waitForContainer(container)
        } catch let error as DockerError where error.isLoss {
            return try await resume(after: error)
        }
    }

    private func take(_ bytes: [UInt8], of channel: ContainerOutput.Channel) async {
        seen.counts.withLock { $0[channel, default: 0] += Int64(bytes.count) }
        await output(ContainerOutput(channel: channel, bytes: bytes))
    }

    /// Waits for the daemon and goes on with what the container has said since.
    private func resume(after error: DockerError) async throws -> Int {
        var (error, deadline) = (error, ContinuousClock.now + Self.patience(after: error))
        while true {
            do {
                try await client.ping(timeout: .seconds(5))
                guard let details = try await client.inspectContainer(container) else {
                    throw RunFailure.error("docker daemon lost, and the container with it")
                }
                guard details.status == "running" else { return try await ended(details) }
                deadline = .now + Self.patience
                try await catchUp(isFollowed: true)
                return try await client.waitForContainer(container)
            } catch let next as DockerError where next.isLoss {
                if case .lost = next { deadline = .now + Self.patience(after: next) }
                error = next
            }
            guard .now < deadline else { throw RunFailure.error("docker daemon lost: \(error)") }
            try await Task.sleep(for: .seconds(1))
        }
    }

    /// A daemon that does not keep containers over its restart kills them: how those ended says nothing of their steps.
    private func ended(_ details: ContainerDetails) async throws -> Int {
        guard try await client.info().keepsContainers == true else {
            throw RunFailure.error("docker daemon lost: the container ended with it, or while it was away")
        }
        try await catchUp(isFollowed: false)
        return details.exitCode
    }

    /// A container that ended while no agent was there may have been killed by the agent's watchdog, or by a daemon that
    /// stops: codes of that say nothing of its step.
    private func checkUnseen(_ details: ContainerDetails) async throws {
        let isKilled: Bool
        switch details.exitCode {
        case 137: isKilled = !details.isOutOfMemory
        case 143, 255: isKilled = try await client.info().keepsContainers != true
        default: isKilled = false
        }
        guard !isKilled else {
            throw RunFailure.error(
                "container lost: it was killed while no agent was there (exit status \(details.exitCode))")
        }
    }

    /// Reads the output from the start, and passes on what is new.
    private func catchUp(isFollowed: Bool) async throws {
        let known = Mutex(seen.counts.withLock(\.self))
        try await client.logs(of: container, isFollowed: isFollowed) { piece in
            let old = known.withLock { known in
                let old = min(known[piece.channel] ?? 0, Int64(piece.bytes.count))
                known[piece.channel, default: 0] -= old
                return Int(old)
            }
            if old < piece.bytes.count { await take(Array(piece.bytes.dropFirst(old)), of: piece.channel) }
        }
    }

    private static func patience(after error: DockerError) -> Duration {
        if case .lost(_, let reason) = error, reason.contains("\(UnreachableReason.notAnswering)") {
            return patienceWithSilence
        }
        return patience
    }
}

extension DockerError {
    /// Whether it is the daemon that is gone, as opposed to something that it refuses.
    var isLoss: Bool {
        switch self {
        case .lost, .unreachable: true
        default: false
        }
    }
}
