import Foundation
import Storage
import Synchronization

/// When which hook is looked at next. It lives as long as the process: after a start everything that is not done is due.
final class HookAgenda: Sendable {
    static let checkInterval = Duration.seconds(6 * 3600)

    private struct Entry {
        var backOff = BackOff()
        /// Nil: as the hook's own state says.
        var time: Date?
        /// How often the hook's task was written.
        var changes = 0
    }

    private let entries = Mutex<[String: Entry]>([:])

    func changes(of id: String) -> Int { entries.withLock { $0[id]?.changes ?? 0 } }

    /// Its task was written: what failed before may work now.
    func noteChange(of id: String) {
        entries.withLock { $0[id] = Entry(changes: ($0[id]?.changes ?? 0) + 1) }
    }

    func noteFailure(of id: String, at now: Date, retryAfter: Duration?) {
        entries.withLock { entries in
            let wait = entries[id, default: Entry()].backOff.next(atLeast: retryAfter)
            entries[id]?.time = now.addingTimeInterval(wait / .seconds(1))
        }
    }

    /// It was looked at, and is as its state says now; unless its task was written meanwhile.
    func noteEnd(of id: String, changes: Int) {
        entries.withLock { entries in
            guard let entry = entries[id] else { return }
            entries[id] =
                entry.changes == changes ? Entry(changes: changes) : Entry(time: .distantPast, changes: entry.changes)
        }
    }

    func forget(_ id: String) { entries.withLock { $0[id] = nil } }

    /// Those that are due until then whatever their state says.
    func planned(until time: Date) -> [String] {
        entries.withLock { entries in
            entries.compactMap { id, entry in entry.time.map { $0 <= time } ?? false ? id : nil }
        }
    }

    /// When a hook is due; nil for never.
    func time(of hook: Hook) -> Date? {
        if let time = entries.withLock({ $0[hook.id]?.time }) { return time }
        switch hook.standing {
        case .pending: return .distantPast
        case .manual: return nil
        case .installed, .failed:
            guard let checkTime = hook.checkTime else { return .distantPast }
            return checkTime.addingTimeInterval(Self.checkInterval / .seconds(1))
        }
    }

    /// When a hook's removal is due.
    func time(of removal: HookRemoval) -> Date {
        entries.withLock { $0[removal.id]?.time } ?? .distantPast
    }
}
