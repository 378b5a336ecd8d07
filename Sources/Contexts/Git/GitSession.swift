import CGit2
import CurlHTTP
import TaskModel

/// One conversation with a git server: what libgit2's callbacks lean on. Used by one thread at a time, the one that
/// called libgit2.
final class GitSession {
    let reference: GitReference
    let access: GitAccess
    let bridge: TaskBridge
    private let progress: (@Sendable (String) -> Void)?
    /// What really went wrong when libgit2 only says that a callback gave up.
    var failure: (any Error)?
    var hasOfferedKey = false
    /// What libgit2 talks through over ssh.
    var relay: GitSSHRelay?
    /// The bytes that came from the server.
    private var received: Int64 = 0
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var lastProgress: ContinuousClock.Instant
    private var hasToldEnd = false

    init(_ reference: GitReference, access: GitAccess, bridge: TaskBridge, progress: (@Sendable (String) -> Void)?) {
        self.reference = reference
        self.access = access
        self.bridge = bridge
        self.progress = progress
        started = clock.now
        lastProgress = started
    }

    var remote: String { reference.remote }

    /// Remembers an error that can't be thrown through libgit2.
    ///
    /// - Returns: what the callback is to return.
    func giveUp(_ error: any Error) -> CInt {
        if failure == nil { failure = error }
        return GIT_EUSER.rawValue
    }

    /// The error for a call that failed.
    func error(_ call: GitFailure) -> any Error {
        if let cause = failure as? HTTPError { return ContextError.unreachable(remote: remote, cause: cause) }
        if let failure { return failure }
        if Task.isCancelled { return CancellationError() }
        if let reason = relay?.failure { return ContextError.connectionFailed(remote: remote, reason: reason) }
        if call.isTooLarge { return GitFailure.sizeError() }
        return ContextError.connectionFailed(remote: remote, reason: call.reason)
    }

    /// Runs a part of a conversation over HTTP; what goes wrong becomes ``ContextError`` or, if the local repository
    /// does not take what comes, ``GitFailure``.
    func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let malformed as GitPacketReader.Malformed {
            throw ContextError.unexpectedAnswer(remote: remote, reason: malformed.reason)
        } catch let cause as HTTPError {
            throw ContextError.unreachable(remote: remote, cause: cause)
        } catch let call as GitFailure {
            // A callback that gave up has left the reason here.
            if failure == nil, call.isLocal, !Task.isCancelled { throw call }
            throw error(call)
        }
    }

    func count(received bytes: Int) throws {
        received += Int64(bytes)
        guard received <= access.limits.packedBytes else {
            throw ContextError.tooLarge("more bytes to fetch", limit: "\(access.limits.packedBytes) bytes")
        }
        try checkTime()
    }

    func checkTime() throws {
        try Task.checkCancellation()
        guard clock.now - started < access.limits.duration else {
            throw ContextError.tooLarge("more to fetch than can be had in time", limit: "\(access.limits.duration)")
        }
    }

    /// Tells how far the transfer is, once a second, and once at its end.
    func report(_ stats: git_indexer_progress) {
        guard let progress, stats.total_objects > 0 else { return }
        let isEnd = stats.received_objects == stats.total_objects && stats.indexed_deltas == stats.total_deltas
        let now = clock.now
        guard !hasToldEnd, isEnd || now - lastProgress >= .seconds(1) else { return }
        hasToldEnd = isEnd
        lastProgress = now
        if stats.received_objects < stats.total_objects {
            let percent = UInt64(stats.received_objects) * 100 / UInt64(stats.total_objects)
            progress(
                "Receiving objects: \(percent)% (\(stats.received_objects)/\(stats.total_objects)), \(stats.received_bytes / 1024) KiB"
            )
        } else if isEnd {
            progress("Received \(stats.total_objects) objects, \(stats.received_bytes / 1024) KiB")
        } else if stats.total_deltas > 0 {
            progress("Resolving deltas: \(UInt64(stats.indexed_deltas) * 100 / UInt64(stats.total_deltas))%")
        }
    }

    // MARK: libgit2's callbacks

    /// The callbacks with this session behind them. The session must outlive their use.
    func sshCallbacks() -> git_remote_callbacks {
        var callbacks = git_remote_callbacks()
        git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
        callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
        callbacks.transfer_progress = gitTransferProgress
        callbacks.sideband_progress = { _, _, payload in
            guard let payload else { return 0 }
            let session = GitSession.from(payload)
            do {
                try session.checkTime()
                return 0
            } catch {
                return session.giveUp(error)
            }
        }
        callbacks.credentials = { out, _, _, allowed, payload in
            guard let out, let payload else { return GIT_EUSER.rawValue }
            return GitSession.from(payload).sshCredential(out, allowed: allowed)
        }
        callbacks.certificate_check = { certificate, _, _, payload in
            guard let certificate, let payload else { return GIT_EUSER.rawValue }
            return GitSession.from(payload).checkHostKey(certificate)
        }
        return callbacks
    }

    static func from(_ payload: UnsafeMutableRawPointer) -> GitSession {
        Unmanaged<GitSession>.fromOpaque(payload).takeUnretainedValue()
    }
}
