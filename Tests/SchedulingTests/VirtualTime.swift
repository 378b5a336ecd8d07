import Foundation
import Synchronization

/// The clocks of a scheduler that a test sets: that of its process, and the one on the wall.
final class VirtualTime: Sendable {
    private let state = Mutex(Duration.zero)
    private let start = Date(timeIntervalSince1970: 1_800_000_000)

    var uptime: Duration { state.withLock(\.self) }

    var date: Date { start.addingTimeInterval(Double(uptime.components.seconds)) }

    func pass(_ duration: Duration) {
        state.withLock { $0 += duration }
    }
}
