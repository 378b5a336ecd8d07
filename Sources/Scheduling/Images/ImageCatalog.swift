import Contexts
import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskFiles
import TaskModel

/// Finds out what tasks stand on: from their text when they are written, and from what their runs record.
public struct ImageCatalog: Service {
    private static let every = Duration.seconds(2)
    private static let batch = 50
    private static let lanes = 4
    private static let patience = Duration.seconds(60)
    /// How many successful runs are looked at for the last one that counts.
    private static let records = 100
    /// The longest wait before a task is read again that could not be.
    private static let longestWait: TimeInterval = 24 * 3600

    let environment: SchedulerEnvironment
    let tasks: any TaskStore
    let images: TrackedImageStore
    let changes: RunChangeStore
    let reader: ImageReader
    let clock: any Clock<Duration>
    private let clockCheck = ClockCheck()

    private var logins: ImageLogins { ImageLogins(environment: environment, tasks: tasks) }

    public func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await repeating(
                    every: Self.every, on: clock, logger: environment.logger, failure: "tasks not read for images",
                    read)
            }
            group.addTask {
                await following(changes.signals, logger: environment.logger, failure: "images of runs not followed") {
                    while !Task.isCancelled, try await follow() {}
                    return Self.every
                }
            }
        }
    }

    // MARK: Tasks as they are written

    func read() async throws {
        let now = environment.now()
        try await clockCheck.look(at: now) { try await images.bringReadingsForward(at: now) }
        let unread = try await images.unread(at: now, limit: Self.batch)
        await withTaskGroup(of: Void.self) { group in
            for (index, task) in unread.enumerated() where !Task.isCancelled {
                if index >= Self.lanes { await group.next() }
                group.addTask { await readOrPutOff(task) }
            }
        }
    }

    /// What fails of one task holds up no other.
    private func readOrPutOff(_ unread: UnreadTask) async {
        do {
            try await read(unread)
        } catch  where !Task.isCancelled {
            environment.logger.warning(
                "task not read for images",
                metadata: [
                    "registry": "\(unread.key.registry)", "task": "\(unread.key.task)", "error": "\(error)",
                ])
            let now = environment.now()
            // Where this is not stored either, the task is read again soon.
            try? await images.setReading(
                of: unread, images: nil, outputs: nil, problem: "Its images can't be read at the moment.",
                next: now.addingTimeInterval(Self.wait(after: unread.failures)), at: now)
        } catch {}
    }

    private func read(_ unread: UnreadTask) async throws {
        // A task that is gone is in no index.
        guard let task = try await tasks.find(unread.key.task, in: unread.key.registry) else { return }
        var reading = ImageReading()
        var next: Date?
        do {
            reading = try await readInTime(task, for: unread.kind)
        } catch let error as CancellationError {
            throw error
        } catch {
            reading.miss("Its images can't be read: \(masked(error, task))")
            if error is ContextError || error is TooSlow {
                next = environment.now().addingTimeInterval(Self.wait(after: unread.failures))
            }
        }
        let record = try await lastRecord(of: task, unread.kind)
        let found =
            reading.isComplete || record == nil
            ? try await tracked(reading, of: task, record: record ?? []) : record
        if record != nil, !reading.isComplete, next == nil { reading.problem = nil }
        try await images.setReading(
            of: unread, images: next == nil ? found : record, outputs: next == nil ? reading.outputs : nil,
            problem: reading.problem, next: next, at: environment.now())
    }

    private struct TooSlow: Error, CustomStringConvertible {
        var description: String { "this took more than \(ImageCatalog.patience.components.seconds) s." }
    }

    private func readInTime(_ task: TaskDefinition, for kind: BaseImageTriggerDefinition.Kind) async throws
        -> ImageReading
    {
        try await withThrowingTaskGroup(of: ImageReading.self) { group in
            group.addTask { try await reader.read(task, for: kind) }
            group.addTask {
                try await clock.sleep(for: Self.patience)
                throw TooSlow()
            }
            defer { group.cancelAll() }
            guard let reading = try await group.next() else { throw CancellationError() }
            return reading
        }
    }

    private static func wait(after failures: Int) -> TimeInterval {
        min(longestWait, 30 * pow(2, Double(min(failures, 12))))
    }

    private func masked(_ error: any Error, _ task: TaskDefinition) -> String {
        guard let error = error as? TaskFileError else { return "\(error)" }
        guard let request = try? TaskRequest(task).request(with: TaskOverrides()) else { return "\(error.code)" }
        return "\(SecretMask(request.common.secrets).masked(error))"
    }

    private func tracked(_ reading: ImageReading, of task: TaskDefinition, record: [TrackedImage]) async throws
        -> [TrackedImage]
    {
        var tracked: [TrackedImage] = []
        for found in reading.images {
            let known = record.first { $0.image == found.image }
            tracked.append(
                TrackedImage(
                    image: found.image, use: found.use, origin: known == nil ? .dockerfile : .run,
                    login: try await logins.login(for: found.image, of: task), digest: known?.digest))
        }
        return tracked
    }

    // MARK: Runs as they succeed

    /// What the last successful run stood on that did what the task says; nil if there was none, or runs can't be read.
    private func lastRecord(of task: TaskDefinition, _ kind: BaseImageTriggerDefinition.Kind) async throws
        -> [TrackedImage]?
    {
        let filter = RunFilter([.task(.equal, task.name), .status([.succeeded])])
        let runs = try await ifReadable {
            try await environment.runs.list(registry: task.registry, filter, before: nil, limit: Self.records)
        }
        guard let run = runs?.first(where: { $0.isOwnWork(of: task) }) else { return nil }
        return try await tracked(by: run, of: task, kind)
    }

    private func tracked(by run: Run, of task: TaskDefinition, _ kind: BaseImageTriggerDefinition.Kind) async throws
        -> [TrackedImage]
    {
        var tracked: [TrackedImage] = []
        let records = try await environment.runs.baseImages(of: run.id)
        for record in records.filter({ $0.use == .runtime }) + records.filter({ $0.use == .buildtime && kind == .all })
        where record.image.digest == nil && !tracked.contains(where: { $0.image == record.image.tagged }) {
            tracked.append(
                TrackedImage(
                    image: record.image.tagged, use: record.use, origin: .run,
                    login: try await logins.login(for: record.image, of: task), digest: record.digest))
        }
        return tracked
    }

    /// - Returns: whether there was anything.
    @discardableResult
    func follow() async throws -> Bool {
        let next = try await changes.changes(for: TrackedImageStore.reader, limit: Self.batch)
        for change in next { try await follow(change) }
        return !next.isEmpty
    }

    private func follow(_ change: RunChangeStore.Change) async throws {
        guard change.status == .succeeded, let run = try await readableRun(change.run), !run.isRestricted
        else { return try await changes.acknowledge(change.sequence, by: TrackedImageStore.reader) }
        let outputs = run.outputImages.compactMap { output in
            output.tag.map { ImageReference(registry: output.registry, repository: output.repository, tag: $0) }
        }
        var found: [TrackedImage]?
        do {
            if let name = run.task, let task = try await tasks.find(name, in: run.registry),
                let trigger = task.triggers.baseImage, trigger.isEnabled, run.isOwnWork(of: task)
            {
                found = try await tracked(by: run, of: task, trigger.kind)
            }
        } catch let error where error is TaskServiceError || error.isUnreadable {
            // No other run of it can begin either.
            environment.logger.warning(
                "images of a run not tracked", metadata: ["run": "\(run.id)", "error": "\(error)"])
        }
        try await images.follow(
            change, of: run.task.map { TaskKey(registry: run.registry, task: $0) }, images: found, outputs: outputs,
            at: environment.now())
    }

    /// Nil for a run that has been removed since, or can't be read: nothing would make that better, and all others would wait.
    private func readableRun(_ id: RunID) async throws -> Run? {
        try await ifReadable {
            environment.logger.warning("run not followed", metadata: ["run": "\(id)", "error": "\($0)"])
        } _: {
            try await environment.runs.find(id)
        }
    }
}
