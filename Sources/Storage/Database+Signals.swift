import GRDB

extension Database {
    /// An element at once, and one after changes of any of these tables; changes that come faster than a listener looks are one.
    func signals(_ tables: [String]) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let observation = DatabaseRegionObservation(tracking: tables.map { Table($0) }).start(
            in: pool,
            onError: { _ in },
            onChange: { _ in continuation.yield() })
        continuation.onTermination = { _ in observation.cancel() }
        return stream
    }
}
