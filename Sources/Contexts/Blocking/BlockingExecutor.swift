import Glibc
import Synchronization

/// Runs tasks that block (libgit2, libarchive, the file system) on threads of their own, so that the shared pool keeps
/// going.
///
/// A thread is started when none is idle and ends after it had nothing to do for a while: there are as many as there is
/// work at once.
public final class BlockingExecutor: TaskExecutor {
    public static let shared = BlockingExecutor()

    private struct State {
        var jobs: [UnownedJob] = []
        var idle = 0
    }

    private let state = Mutex(State())
    // Used under their own rules by pthread calls alone.
    private nonisolated(unsafe) let lock: UnsafeMutablePointer<pthread_mutex_t>
    private nonisolated(unsafe) let signal: UnsafeMutablePointer<pthread_cond_t>

    private init() {
        lock = .allocate(capacity: 1)
        signal = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
        pthread_cond_init(signal, nil)
    }

    /// Runs `work` on a thread that may block.
    public func run<Result: Sendable, Failure: Error>(
        _ work: @Sendable () async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        do {
            return try await withTaskExecutorPreference(self) { try await work() }
        } catch let error as Failure {
            throw error
        } catch {
            preconditionFailure("withTaskExecutorPreference threw an error that its work did not")
        }
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(lock)
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            return state.idle < state.jobs.count
        }
        pthread_cond_signal(signal)
        pthread_mutex_unlock(lock)
        if needsThread { startThread() }
    }

    private func startThread() {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { _ in
                BlockingExecutor.shared.serve()
                return nil
            }, nil)
        // Without a new thread the job waits for one that exists.
        if code == 0 { pthread_detach(thread) }
    }

    private func serve() {
        pthread_mutex_lock(lock)
        while true {
            if let job = state.withLock({ state in state.jobs.isEmpty ? nil : state.jobs.removeFirst() }) {
                pthread_mutex_unlock(lock)
                job.runSynchronously(on: asUnownedTaskExecutor())
                pthread_mutex_lock(lock)
                continue
            }
            state.withLock { $0.idle += 1 }
            var deadline = timespec()
            clock_gettime(CLOCK_REALTIME, &deadline)
            deadline.tv_sec += 10
            let code = pthread_cond_timedwait(signal, lock, &deadline)
            let leave = state.withLock { state in
                state.idle -= 1
                return code == ETIMEDOUT && state.jobs.isEmpty
            }
            if leave { break }
        }
        pthread_mutex_unlock(lock)
    }
}
