import ResourceAPI
import Scheduling
import Storage
import TaskModel

extension TriggerStateProperties {
    /// Nil for a task without triggers.
    ///
    /// - Parameter revealing: whether secrets of hooks are shown.
    init?(_ state: TriggerState, revealing: Bool) {
        guard state != TriggerState() else { return nil }
        self.init()
        if !state.sources.isEmpty { sources = state.sources.map { Source($0, revealing: revealing) } }
        if !state.timers.isEmpty { timers = state.timers.map(Timer.init) }
        if !state.baseImages.isEmpty { baseImages = state.baseImages.map(BaseImage.init) }
        baseImageProblem = state.baseImageProblem
    }
}

extension TriggerStateProperties.Source {
    fileprivate init(_ source: TriggerState.Source, revealing: Bool) {
        self.init()
        name = source.trigger
        forge = source.forge?.rawValue
        if let known = source.hook {
            var hook = TriggerStateProperties.Hook()
            hook.status = known.standing.rawValue
            hook.url = known.url
            hook.secret = revealing ? known.secret : nil
            hook.problem = known.problem
            hook.checkTime = known.checkTime.map(Timestamp.init)
            hook.lastDeliveryTime = known.lastDeliveryTime.map(Timestamp.init)
            self.hook = hook
        }
        if let known = source.polling {
            var polling = TriggerStateProperties.Polling()
            polling.lastTime = known.lastTime.map(Timestamp.init)
            polling.nextTime = known.nextTime.map(Timestamp.init)
            polling.problem = known.problem
            self.polling = polling
        }
    }
}

extension TriggerStateProperties.Timer {
    fileprivate init(_ timer: TriggerState.Timer) {
        self.init()
        name = timer.timer
        nextOccurrences = timer.next.map(Timestamp.init)
        lastOccurrence = timer.last.map(Timestamp.init)
        lastRunId = timer.lastRun?.text
        note = timer.note
    }
}

extension TriggerStateProperties.BaseImage {
    fileprivate init(_ image: TriggerState.BaseImage) {
        self.init()
        self.image = image.image
        use = image.use.rawValue
        origin = image.origin.rawValue
        digest = image.digest
        lastCheckTime = image.lastCheckTime.map(Timestamp.init)
        nextCheckTime = image.nextCheckTime.map(Timestamp.init)
        problem = image.problem
    }
}
