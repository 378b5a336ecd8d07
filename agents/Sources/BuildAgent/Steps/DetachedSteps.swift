/// What steps began and nobody waits for: servers that later steps talk to. It goes on until the run's steps are over.
final class DetachedSteps: Sendable {
    private let works: AsyncStream<@Sendable () async -> Void>
    private let source: AsyncStream<@Sendable () async -> Void>.Continuation

    init() {
        (works, source) = AsyncStream.makeStream()
    }

    /// - Parameter work: is canceled at the end, and must then end soon.
    func add(_ work: @escaping @Sendable () async -> Void) {
        source.yield(work)
    }

    /// Carries out what is added, until the task is canceled.
    func serve() async {
        await withTaskGroup(of: Void.self) { group in
            for await work in works { group.addTask { await work() } }
            group.cancelAll()
        }
    }
}
