import Storage

/// Writes at once what became of deliveries, what ends during a write together: a disk syncs fewer times a second than deliveries end.
actor DeliveryEndings {
    private let store: DeliveryStore
    private var waiting: [(delivery: Delivery, ending: DeliveryStore.Ending)] = []
    private var writing: Task<Void, any Error>?

    init(store: DeliveryStore) {
        self.store = store
    }

    func add(_ ending: DeliveryStore.Ending, of delivery: Delivery) {
        waiting.append((delivery, ending))
        if writing == nil { writing = Task { try await write() } }
    }

    /// Returns when all that was added is on the disk.
    ///
    /// - Throws: ``StorageError``: what was to be written then is worked on once more.
    func written() async throws {
        while let writing { try await writing.value }
    }

    private func write() async throws {
        defer { writing = nil }
        while !waiting.isEmpty {
            let batch = waiting
            waiting = []
            do {
                try await store.end(batch)
            } catch {
                // What came meanwhile is worked on once more as well: it would be written too late.
                waiting = []
                throw error
            }
        }
    }
}
