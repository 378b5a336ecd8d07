import Synchronization

/// Lets a thread that blocks have async work done, within a scope that waits for all of it.
///
/// Make it around the blocking part: `TaskBridge.scope { bridge in try await BlockingExecutor.shared.run { …
/// bridge.start { … } … } }`.
public final class TaskBridge: Sendable {
    private struct State {
        var works: [@Sendable () async -> Void] = []
        var isEnded = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    private init() {}

    /// Runs `body`; the work it starts is canceled and waited for when it returns.
    public static func scope<Result>(_ body: (TaskBridge) async throws -> Result) async throws -> Result {
        let bridge = TaskBridge()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bridge.serve() }
            let result = await Swift.Result { try await body(bridge) }
            bridge.end()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Starts work on the shared pool. When the scope's task is canceled the work is started all the same, canceled
    /// from the start.
    public func start(_ work: @escaping @Sendable () async -> Void) {
        wake { $0.works.append(work) }
    }

    private func end() {
        wake { $0.isEnded = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    private func serve() async {
        await withDiscardingTaskGroup { group in
            while true {
                let (works, isEnded) = state.withLock { state in
                    defer { state.works = [] }
                    return (state.works, state.isEnded)
                }
                for work in works { group.addTask { await work() } }
                if isEnded { break }
                await untilSomethingIsThere()
            }
            group.cancelAll()
        }
    }

    private func untilSomethingIsThere() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.isEnded || !state.works.isEmpty { return true }
                state.waiting = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
