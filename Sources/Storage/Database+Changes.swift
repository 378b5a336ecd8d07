import GRDB

extension Database {
    /// An element at once, and one after each transaction of this process that changed one of these tables. Changes that come faster than the reader looks
    /// are one.
    func changes(of tables: String...) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        continuation.yield()
        let observation = DatabaseRegionObservation(tracking: tables.map { Table($0) }).start(
            in: pool,
            // Readers look from time to time besides.
            onError: { _ in continuation.finish() },
            onChange: { _ in continuation.yield() })
        continuation.onTermination = { _ in observation.cancel() }
        return stream
    }
}
