import Synchronization

/// Numbers the events of each lease and sends them one after another.
///
/// The server passes over a number that is not above the last one, so what is sent again can't overtake what came after it: an event
/// whose answer got lost is told again with a new number, and means the same. The stream's name tells an agent's processes apart.
final class EventSequences: Sendable {
    private struct Lane {
        var sent: Int64 = 0
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let stream = String(UInt64.random(in: .min ... .max), radix: 36)
    private let lanes = Mutex<[LeaseID: Lane]>([:])

    /// Sends the next event of a lease once those before are through.
    func next(of lease: LeaseID, _ send: (_ stream: String, _ sequence: Int64) async throws -> Void) async throws {
        await enter(lease)
        defer { leave(lease) }
        try Task.checkCancellation()
        let sequence = lanes.withLock { lanes in
            // Taken also if sending fails: it may arrive all the same, and then another event must not pass for it.
            lanes[lease, default: Lane()].sent += 1
            return lanes[lease]?.sent ?? 1
        }
        try await send(stream, sequence)
    }

    func forget(_ lease: LeaseID) {
        lanes.withLock { lanes in
            if lanes[lease]?.isBusy == false { lanes[lease] = nil }
        }
    }

    private func enter(_ lease: LeaseID) async {
        await withCheckedContinuation { continuation in
            let isFree = lanes.withLock { lanes in
                if lanes[lease, default: Lane()].isBusy {
                    lanes[lease]?.waiting.append(continuation)
                    return false
                }
                lanes[lease]?.isBusy = true
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ lease: LeaseID) {
        let next = lanes.withLock { lanes -> CheckedContinuation<Void, Never>? in
            guard let lane = lanes[lease], !lane.waiting.isEmpty else {
                lanes[lease]?.isBusy = false
                return nil
            }
            return lanes[lease]?.waiting.removeFirst()
        }
        next?.resume()
    }
}
