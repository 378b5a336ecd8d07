public import Foundation
import Logging
public import ServiceLifecycle
public import Storage
public import TaskModel

/// Makes runs of tasks when their timers are due: one for each scheduled minute.
///
/// What fell due while the server was down is made up for once, if it is younger than ten minutes; the rest is recorded as skipped. When the
/// server could not keep up, or the clock was put forward, each of the last ten minutes still gets its run.
public struct TimerTrigger: Service {
    /// How long after its minute an occurrence is made up for.
    static let makeUpTime: TimeInterval = 600
    /// The longest sleep: a clock that is put forward is noticed after it.
    private static let longestSleep: TimeInterval = 15
    /// Timers that one transaction moves on.
    private static let batch = 200
    private static let parallelStarts = 4

    private let timers: TimerStore
    private let tasks: any TaskStore
    private let occurrences: SQLiteRunStore
    private let runs: TriggeredRuns
    private let environment: SchedulerEnvironment
    /// When this process began.
    private let start: Date

    public init(
        timers: TimerStore, tasks: any TaskStore, occurrences: SQLiteRunStore, _ environment: SchedulerEnvironment
    ) {
        self.timers = timers
        self.tasks = tasks
        self.occurrences = occurrences
        runs = TriggeredRuns(environment)
        self.environment = environment
        start = environment.now()
    }

    public func run() async throws {
        await following(timers.signals, logger: environment.logger, failure: "timers not looked at") {
            while try await fireDue() == Self.batch, !Task.isCancelled {}
            guard let next = try await timers.nextTime() else { return .seconds(Self.longestSleep) }
            let pause = min(Self.longestSleep, max(0.05, next.timeIntervalSince(environment.now())))
            return .milliseconds(Int64(pause * 1000))
        }
    }

    /// - Returns: how many timers were looked at.
    func fireDue() async throws -> Int {
        let now = environment.now()
        let due = try await timers.due(at: now, limit: Self.batch)
        var next: [(timer: TimerStore.Timer, next: Date?)] = []
        try await withThrowingTaskGroup(of: (TimerStore.Timer, Date?)?.self) { group in
            for (index, timer) in due.enumerated() {
                if index >= Self.parallelStarts, let done = try await group.next(), let done { next.append(done) }
                group.addTask { try await carryOut(timer, at: now) }
            }
            for try await done in group { if let done { next.append(done) } }
        }
        // Only now: should the process end before, the occurrences tell which runs there are.
        try await timers.setNextTimes(next)
        // Those that are tried again are no reason to look at once.
        return next.count < due.count ? 0 : due.count
    }

    /// - Returns: nil for a timer that is to be tried again.
    private func carryOut(_ timer: TimerStore.Timer, at now: Date) async throws -> (TimerStore.Timer, Date?)? {
        // A schedule that this version can't read any more never fires.
        guard let schedule = TimerSchedule(timer) else { return (timer, nil) }
        guard let first = timer.nextTime else { return (timer, schedule.next(after: now)) }
        let due = schedule.occurrences(from: first, through: now)
        let wasUp = first >= start
        let young = due.filter { now.timeIntervalSince($0) < Self.makeUpTime }
        var fired = wasUp ? young : young.suffix(1)
        if wasUp, fired.isEmpty { fired = due.suffix(1) }
        if let oldest = due.first, fired.first != oldest {
            let count = due.count - fired.count
            try await skip(
                timer, oldest,
                because: count == 1
                    ? "skipped: the server was down" : "skipped: the server was down (\(count) occurrences)")
        }
        for time in fired where try await !fire(timer, at: time) { return nil }
        return (timer, schedule.next(after: due.last ?? now))
    }

    /// - Returns: whether it is done with.
    private func fire(_ timer: TimerStore.Timer, at time: Date) async throws -> Bool {
        do {
            guard let task = try await tasks.find(timer.task, in: timer.registry) else { return true }
            let occurrence = TimerOccurrence(timer: timer.name, time: time)
            let cause = RunCause(.timer(occurrence), occurrence: Self.key(timer.name, time))
            let (run, isNew) = try await runs.start(task, because: cause)
            if isNew {
                environment.logger.info(
                    "timer fired",
                    metadata: ["run": "\(run.id)", "task": "\(timer.task)", "timer": "\(timer.name.escapedForDisplay)"])
            }
            return true
        } catch let error as RunServiceError {
            try await refuse(timer, time, error)
            return true
        } catch let error as TaskServiceError {
            try await refuse(timer, time, error)
            return true
        } catch let error as StorageError {
            // A full queue or disk: its time may come.
            environment.logger.warning(
                "timer not fired", metadata: ["task": "\(timer.task)", "error": "\(error)"])
            return false
        }
    }

    private func refuse(_ timer: TimerStore.Timer, _ time: Date, _ error: any Error) async throws {
        environment.logger.warning("timer made no run", metadata: ["task": "\(timer.task)", "error": "\(error)"])
        try await skip(timer, time, because: "not run: \(error)")
    }

    private func skip(_ timer: TimerStore.Timer, _ time: Date, because note: String) async throws {
        try await occurrences.skip(
            Self.key(timer.name, time), of: timer.task, in: timer.registry, because: note, at: environment.now())
    }

    // MARK: Occurrences

    /// The same for a minute of a timer whenever it is told.
    static func key(_ timer: String, _ time: Date) -> String {
        prefix(of: timer) + time.formatted(.iso8601)
    }

    private static func prefix(of timer: String) -> String {
        "timer \(timer.utf8.count):\(timer.lowercased()) "
    }

    /// How the timers of a task stand.
    public func state(of task: TaskDefinition, upcoming: Int = 3) async throws -> [TriggerState.Timer] {
        var states: [TriggerState.Timer] = []
        for timer in task.triggers.timers {
            let prefix = Self.prefix(of: timer.name)
            let last = try await occurrences.occurrences(
                of: task.name, in: task.registry, keyed: prefix, limit: 1
            ).first
            let isActive = task.isEnabled && timer.isEnabled
            let schedule = isActive ? TimerSchedule(timer.schedule, zone: timer.timeZone) : nil
            states.append(
                TriggerState.Timer(
                    timer: timer.name, next: schedule?.next(upcoming, after: environment.now()) ?? [],
                    last: last.flatMap { try? Date(String($0.key.dropFirst(prefix.count)), strategy: .iso8601) },
                    lastRun: last?.run, note: last?.note))
        }
        return states
    }
}

/// A schedule with its zone.
private struct TimerSchedule {
    let cron: CronSchedule
    let zone: TimeZone

    init?(_ timer: TimerStore.Timer) {
        self.init(timer.schedule, zone: timer.timeZone)
    }

    /// Nil for what was accepted by another version, or on a machine that knew more zones.
    init?(_ schedule: String, zone name: String?) {
        guard let cron = try? CronSchedule(schedule), let zone = name.map({ TimeZone(identifier: $0) }) ?? .gmt else {
            return nil
        }
        self.cron = cron
        self.zone = zone
    }

    func next(after time: Date) -> Date? { cron.next(after: time, in: zone) }

    func next(_ count: Int, after time: Date) -> [Date] {
        var times: [Date] = []
        while times.count < count, let next = next(after: times.last ?? time) { times.append(next) }
        return times
    }

    /// Of a long time only the last ones, and the first.
    func occurrences(from first: Date, through now: Date) -> [Date] {
        var times = [first]
        while let next = next(after: times[times.count - 1]), next <= now {
            times.append(next)
        }
        return times
    }
}
