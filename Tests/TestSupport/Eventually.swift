import Foundation
import Synchronization

/// Why ``found(_:within:_:)`` gave up.
public struct Overdue: Error, CustomStringConvertible {
    public let description: String
}

/// Waits for something that only looking can tell, such as a state of the machine or of a stub's threads.
///
/// Looking may block: it is done on a thread of its own, again every few milliseconds, so that none of the few threads
/// that all tests share waits with it.
///
/// - Parameters:
///   - what: what is waited for, for the error: "the server to stop".
///   - look: gives nil, or what is returned.
/// - Throws: ``Overdue`` when `limit` is over, `CancellationError` in a task that is canceled, and what `look` throws.
@discardableResult
public func found<Value: Sendable>(
    _ what: String, within limit: Duration = .seconds(60), _ look: @escaping @Sendable () throws -> Value?
) async throws -> Value {
    let isCanceled = Atomic(false)
    let deadline = ContinuousClock.now + limit
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        while true {
                            if let value = try look() { return value }
                            if isCanceled.load(ordering: .relaxed) { throw CancellationError() }
                            if ContinuousClock.now > deadline {
                                throw Overdue(description: "Waited \(limit) in vain for \(what).")
                            }
                            usleep(2000)
                        }
                    })
            }
        }
    } onCancel: {
        isCanceled.store(true, ordering: .relaxed)
    }
}

/// Waits until `isSo`, as ``found(_:within:_:)`` does.
public func eventually(
    _ what: String, within limit: Duration = .seconds(60), isSo: @escaping @Sendable () throws -> Bool
) async throws {
    try await found(what, within: limit) { try isSo() ? true : nil }
}
