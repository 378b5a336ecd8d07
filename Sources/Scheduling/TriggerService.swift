import Foundation
public import Storage
public import TaskModel

/// What makes runs of tasks without anybody asking: how it stands, and what follows from a task that is written or removed.
public struct TriggerService: Sendable {
    private let timers: TimerTrigger

    public init(timers: TimerTrigger) {
        self.timers = timers
    }

    /// How the triggers of a task stand.
    public func state(of task: TaskDefinition) async throws -> TriggerState {
        var state = TriggerState()
        state.timers = try await timers.state(of: task)
        return state
    }
}
