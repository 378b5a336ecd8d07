import Foundation
public import Storage
public import TaskModel

/// What makes runs of tasks without anybody asking: how it stands, and what follows from a task that is written or removed.
public struct TriggerService: Sendable {
    private let timers: TimerTrigger
    private let hooks: HookKeeper?
    private let polls: RepositoryPolls?
    private let baseImages: BaseImageTriggers?

    public init(
        timers: TimerTrigger, hooks: HookKeeper? = nil, polls: RepositoryPolls? = nil,
        baseImages: BaseImageTriggers? = nil
    ) {
        self.timers = timers
        self.hooks = hooks
        self.polls = polls
        self.baseImages = baseImages
    }

    /// How the triggers of a task stand.
    public func state(of task: TaskDefinition) async throws -> TriggerState {
        var state = TriggerState()
        state.sources = try await hooks?.state(of: task) ?? []
        let polling = try await polls?.states(of: task) ?? [:]
        for index in state.sources.indices {
            state.sources[index].polling = polling[state.sources[index].trigger.lowercased()]
        }
        state.timers = try await timers.state(of: task)
        if let baseImages { (state.baseImages, state.baseImageProblem) = try await baseImages.state(of: task) }
        return state
    }
}
