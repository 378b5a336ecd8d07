import Foundation
import Storage

/// Writes deliveries as they come, those that come at the same time in one transaction: a disk syncs fewer times a second than forges send.
actor DeliveryIntake {
    /// Of one transaction.
    private static let maxBatch = 256
    private static let maxBatchBytes = 32 << 20
    /// More than these that wait to be written are refused.
    private static let maxWaiting = 4096

    typealias Receipt = (delivery: Delivery, isNew: Bool)

    private enum Turn {
        case written(Receipt)
        /// Nobody writes any more: this one is the next to do so.
        case write
    }

    private struct Waiting {
        let delivery: NewDelivery
        let turn: CheckedContinuation<Turn, any Error>
    }

    private let store: DeliveryStore
    private let now: @Sendable () -> Date
    private var isWriting = false
    private var waiting: [Waiting] = []

    init(store: DeliveryStore, now: @escaping @Sendable () -> Date) {
        self.store = store
        self.now = now
    }

    /// - Returns: once the delivery is on the disk.
    /// - Throws: ``StorageError/diskFull(free:reserve:)``, ``StorageError/databaseUnavailable(reason:)`` also where too many wait.
    func add(_ delivery: NewDelivery) async throws -> Receipt {
        if isWriting {
            guard waiting.count < Self.maxWaiting else {
                throw StorageError.databaseUnavailable(reason: "\(waiting.count) deliveries wait to be written")
            }
            let turn = try await withCheckedThrowingContinuation {
                waiting.append(Waiting(delivery: delivery, turn: $0))
            }
            if case .written(let receipt) = turn { return receipt }
        }
        isWriting = true
        let others = nextBatch(with: delivery)
        let result = await write([delivery] + others.map(\.delivery))
        if waiting.isEmpty { isWriting = false } else { waiting.removeFirst().turn.resume(returning: .write) }
        switch result {
        case .success(let receipts):
            for (other, receipt) in zip(others, receipts.dropFirst()) {
                other.turn.resume(returning: .written(receipt))
            }
            return receipts[0]
        case .failure(let error):
            for other in others { other.turn.resume(throwing: error) }
            throw error
        }
    }

    private func nextBatch(with first: NewDelivery) -> [Waiting] {
        var bytes = first.body.count
        let count = waiting.prefix(Self.maxBatch - 1).prefix {
            bytes += $0.delivery.body.count
            return bytes <= Self.maxBatchBytes
        }.count
        defer { waiting.removeFirst(count) }
        return Array(waiting.prefix(count))
    }

    /// In a task of its own: whoever writes for others goes on when its own sender hangs up.
    private func write(_ batch: [NewDelivery]) async -> Result<[Receipt], any Error> {
        await Task { [store, now] in
            do {
                return .success(try await store.add(batch, at: now()))
            } catch {
                return .failure(error)
            }
        }.value
    }
}
