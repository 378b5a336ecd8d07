import Foundation
import Synchronization

/// Has stored times mended that a clock which was ahead left behind: before the first look at them, since it may have been put back while
/// nobody looked, and whenever it shows an earlier time than at the last one.
final class ClockCheck: Sendable {
    /// Put back by less than that, in seconds, it is left alone.
    private static let tolerance: TimeInterval = 1

    private let last = Mutex<Date?>(nil)

    /// - Parameter mend: is done again at the next look if it fails.
    func look(at now: Date, _ mend: () async throws -> Void) async throws {
        let goesOn = last.withLock { last in last.map { now.timeIntervalSince($0) >= -Self.tolerance } ?? false }
        if !goesOn { try await mend() }
        last.withLock { $0 = now }
    }
}
