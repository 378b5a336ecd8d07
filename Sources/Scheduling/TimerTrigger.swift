public import Foundation
import Logging
public import ServiceLifecycle
public import Storage
import Synchronization
public import TaskModel

/// Makes runs of tasks when their timers are due: one for each scheduled minute.
///
/// What fell due while the server was down is made up for once, if it is younger than ten minutes; the rest is recorded as skipped. While it is
/// up, nothing is skipped that is little more than an hour old: so late it may be when the clock is put forward. When the clock is put back,
/// also while the server was down, next times are reckoned anew; minutes that had their runs get no others.
public struct TimerTrigger: Service {
    /// How long after its minute an occurrence is made up for that fell due while the server was down.
    private static let makeUpTime: TimeInterval = 600
    /// The same while it was up.
    private static let lateTime: TimeInterval = 4500
    /// The longest sleep: a clock that was set is noticed after it.
    private static let longestSleep: TimeInterval = 15
    /// How long it takes until what could not be done is tried again.
    private static let retryPause: Duration = .seconds(5)
    /// Timers that one transaction moves on.
    private static let batch = 200
    private static let parallelStarts = 4

    private let timers: TimerStore
    private let tasks: any TaskStore
    private let occurrences: SQLiteRunStore
    private let runs: TriggeredRuns
    private let environment: SchedulerEnvironment
    private let start: Start
    private let clockCheck = ClockCheck()

    /// When this process began, by the clock as it was put back since.
    private final class Start: Sendable {
        private let value: Mutex<Date>

        init(_ time: Date) {
            value = Mutex(time)
        }

        var time: Date { value.withLock(\.self) }

        func limit(to now: Date) {
            value.withLock { $0 = min($0, now) }
        }
    }

    public init(
        timers: TimerStore, tasks: any TaskStore, occurrences: SQLiteRunStore, _ environment: SchedulerEnvironment
    ) {
        self.timers = timers
        self.tasks = tasks
        self.occurrences = occurrences
        runs = TriggeredRuns(environment)
        self.environment = environment
        start = Start(environment.now())
    }

    public func run() async throws {
        await following(timers.signals, logger: environment.logger, failure: "timers not looked at") {
            var pass: Pass
            repeat { pass = try await fireDue() } while pass == .more && !Task.isCancelled
            guard pass == .done else { return Self.retryPause }
            guard let next = try await timers.nextTime() else { return .seconds(Self.longestSleep) }
            let pause = min(Self.longestSleep, max(0.05, next.timeIntervalSince(environment.now())))
            return .milliseconds(Int64(pause * 1000))
        }
    }

    /// How a look at the timers ended.
    enum Pass: Sendable, Hashable {
        case done
        /// There may be more that are due.
        case more
        /// Some could not be fired yet.
        case blocked
    }

    @discardableResult
    func fireDue() async throws -> Pass {
        let now = environment.now()
        start.limit(to: now)
        try await clockCheck.look(at: now) { try await reckonAnew(at: now) }
        let due = try await timers.due(at: now, limit: Self.batch)
        var next: [(timer: TimerStore.Timer, next: Date?)] = []
        await withTaskGroup(of: (TimerStore.Timer, Date?)?.self) { group in
            for (index, timer) in due.enumerated() {
                if index >= Self.parallelStarts, let done = await group.next(), let done { next.append(done) }
                group.addTask { await carryOut(timer, at: now) }
            }
            for await done in group { if let done { next.append(done) } }
        }
        // Only now: should the process end before, the occurrences tell which runs there are.
        try await timers.setNextTimes(next)
        if next.count < due.count { return .blocked }
        return due.count == Self.batch ? .more : .done
    }

    /// What is still to come, which may have been reckoned by a clock that was ahead.
    private func reckonAnew(at now: Date) async throws {
        var times: [(timer: TimerStore.Timer, next: Date?)] = []
        for timer in try await timers.due(after: now) {
            guard let schedule = TimerSchedule(timer) else { continue }
            let next = schedule.next(after: now)
            if next != timer.nextTime { times.append((timer, next)) }
        }
        try await timers.setNextTimes(times)
    }

    /// - Returns: nil for a timer that is to be tried again.
    private func carryOut(_ timer: TimerStore.Timer, at now: Date) async -> (TimerStore.Timer, Date?)? {
        // A schedule that this version can't read any more never fires.
        guard let schedule = TimerSchedule(timer) else { return (timer, nil) }
        guard let first = timer.nextTime else { return (timer, schedule.next(after: now)) }
        let wasUp = first >= start.time
        let limit = now - (wasUp ? Self.lateTime : Self.makeUpTime)
        let recent = schedule.occurrences(from: first, after: limit, through: now)
        // Of one that is rare the last one counts, however late.
        let fired = wasUp ? (recent.isEmpty ? [first] : recent) : recent.suffix(1)
        do {
            if fired.first != first {
                try await skip(
                    timer, first, because: wasUp ? "skipped: it was too late" : "skipped: the server was down")
            }
            for time in fired { try await fire(timer, at: time) }
            return (timer, schedule.next(after: now))
        } catch {
            // A full queue or disk, a busy database: its time may come.
            environment.logger.warning("timer not fired", metadata: ["task": "\(timer.task)", "error": "\(error)"])
            return nil
        }
    }

    /// - Throws: what may be over soon. What will not is recorded.
    private func fire(_ timer: TimerStore.Timer, at time: Date) async throws {
        do {
            guard let task = try await tasks.find(timer.task, in: timer.registry) else { return }
            let occurrence = TimerOccurrence(timer: timer.name, time: time)
            let cause = RunCause(.timer(occurrence), occurrence: Self.key(timer.name, time))
            let (run, isNew) = try await runs.start(task, because: cause)
            guard isNew else { return }
            environment.logger.info(
                "timer fired",
                metadata: ["run": "\(run)", "task": "\(timer.task)", "timer": "\(timer.name.escapedForDisplay)"])
        } catch let error where error.mayPass {
            throw error
        } catch {
            environment.logger.warning("timer made no run", metadata: ["task": "\(timer.task)", "error": "\(error)"])
            try await skip(timer, time, because: "not run: \(error)")
        }
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

    /// From the first one on those after a time.
    func occurrences(from first: Date, after limit: Date, through now: Date) -> [Date] {
        var times: [Date] = first > limit ? [first] : []
        while let next = next(after: times.last ?? limit), next <= now { times.append(next) }
        return times
    }
}

extension Error {
    /// Whether the same may work later.
    fileprivate var mayPass: Bool {
        switch self as? StorageError {
        case .queueFull, .diskFull, .io, .databaseUnavailable: true
        case .newerSchema, .runRemoved, .overtaken, .leaseLost, .logOffset, .blobMissing, .blobTooLarge, .invalidName,
            .secretUnreadable:
            false
        case nil: !(self is RunServiceError || self is TaskServiceError || self is DecodingError)
        }
    }
}
