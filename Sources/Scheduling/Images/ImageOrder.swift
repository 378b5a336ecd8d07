import Foundation
import Storage

/// In which order tasks follow changed images: what others stand on comes first.
///
/// A task waits while one that it stands on, however far below, has a change to follow itself, has a run under way that a changed image made
/// or that was queued before the task's own change, or is not followed up yet. If such a run fails the task goes on with the changes that
/// it has: it stands on these images itself. Tasks that stand on one another in a circle don't wait for each other's changes. Nobody
/// waits longer than ``longestWait``.
struct ImageOrder {
    static let longestWait: TimeInterval = 2 * 3600

    private let flow: ImageFlow
    private let waiting: Set<String>
    private var known: [String: Set<String>] = [:]

    /// - Parameter waiting: tasks that have changes to follow.
    init(_ flow: ImageFlow, waiting: [TaskKey]) {
        self.flow = flow
        self.waiting = Set(waiting.map(\.flowName))
    }

    /// Whom a task waits for, itself perhaps; nil if it may start.
    ///
    /// - Parameter since: when its own change was seen.
    mutating func obstacle(of task: TaskKey, since: Date, at now: Date) -> String? {
        let name = task.flowName
        // A change may be of a time that is still to come: the clock was put back.
        guard abs(now.timeIntervalSince(since)) < Self.longestWait else { return nil }
        if flow.unsettled.contains(name) { return name }
        for base in bases(of: name).sorted() {
            if flow.unsettled.contains(base) { return base }
            if let busy = flow.busy[base], busy <= since { return base }
            if base != name, waiting.contains(base), !bases(of: base).contains(name) { return base }
        }
        return nil
    }

    /// All tasks that one stands on.
    private mutating func bases(of name: String) -> Set<String> {
        if let known = known[name] { return known }
        var found: Set<String> = []
        var open = Array(flow.bases[name] ?? [])
        while let next = open.popLast() {
            if found.insert(next).inserted { open += flow.bases[next] ?? [] }
        }
        known[name] = found
        return found
    }
}
