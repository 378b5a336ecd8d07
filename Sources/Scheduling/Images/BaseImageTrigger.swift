import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Makes runs of tasks whose images changed: one for all changes of a task that came together, in the order of ``ImageOrder``, and only so
/// many at a time in each pool.
///
/// Changes are put into a batch first, and the run is made for the batch: however often the process ends in between, it is one.
public struct BaseImageTrigger: Service {
    private static let tick = Duration.seconds(1)

    let environment: SchedulerEnvironment
    let tasks: any TaskStore
    let changes: ImageChangeStore
    let settings: ImageTriggerSettings

    public func run() async throws {
        await following(changes.signals, logger: environment.logger, failure: "changed base images not followed") {
            try await start()
            return Self.tick
        }
    }

    /// Starts what may start now.
    func start() async throws {
        let waiting = try await changes.waiting()
        guard !waiting.isEmpty else { return }
        // What an earlier attempt did not get through with.
        for (batch, changes) in Dictionary(grouping: waiting.filter { $0.batch != nil }, by: { $0.batch ?? "" }) {
            try await start(changes, as: batch)
        }
        let flow = try await changes.flow()
        var runs = flow.runs
        var order = ImageOrder(flow, waiting: waiting.map(\.task))
        for (task, since) in Self.tasks(of: waiting.filter { $0.batch == nil }) {
            guard !Task.isCancelled else { return }
            let now = environment.now()
            // A change that is still to come was seen before the clock was put back.
            guard abs(now.timeIntervalSince(since)) >= settings.gathering.seconds,
                order.obstacle(of: task, since: since, at: now) == nil
            else { continue }
            let pool = try await self.pool(of: task)
            if let pool, runs[pool, default: 0] >= settings.runs { continue }
            let batch = UUID().uuidString.lowercased()
            if try await start(try await changes.take(task, as: batch), as: batch), let pool {
                runs[pool, default: 0] += 1
            }
        }
    }

    /// Nil for a task that can make no run.
    func pool(of key: TaskKey) async throws -> PoolID? {
        guard let task = try await ifReadable({ try await tasks.find(key.task, in: key.registry) }) else { return nil }
        return try await PoolDirectory(settings: environment.settings, store: environment.pools)
            .find(task.agentPoolName, in: key.registry)?.id
    }

    /// Each with the time of its first change, oldest first.
    private static func tasks(of changes: [ImageChange]) -> [(task: TaskKey, since: Date)] {
        var seen: Set<TaskKey> = []
        return changes.compactMap { seen.insert($0.task).inserted ? ($0.task, $0.time) : nil }
    }

    /// - Returns: whether there is a run.
    @discardableResult
    private func start(_ batch: [ImageChange], as id: String) async throws -> Bool {
        guard let key = batch.first?.task else { return false }
        var chain: [String] = []
        var followed: [ImageChange] = []
        var notes: [ImageReference: String] = [:]
        for change in batch {
            let makers = try await changes.chain(of: change)
            if makers.contains(where: { $0.lowercased() == key.flowName }) {
                notes[change.image] =
                    makers.count == 1
                    ? "\(change.digest) is the task's own work and makes no run of it."
                    : "\(change.digest) comes of the task's own work, by way of \(makers.joined(separator: ", ")), and makes no run of it."
                continue
            }
            followed.append(change)
            chain += makers.filter { !chain.contains($0) }
        }
        let update = ImageUpdate(
            id: id, time: batch.map(\.time).max() ?? environment.now(),
            images: followed.map {
                ImageUpdate.Image(
                    registry: $0.image.registry, repository: $0.image.repository, tag: $0.image.reference,
                    digest: $0.digest)
            }, chain: chain)
        let refusal = followed.isEmpty ? nil : try await run(key, because: update)
        if let refusal {
            for change in followed { notes[change.image] = "\(change.digest) made no run: \(refusal)" }
        }
        try await changes.finish(id, notes: notes)
        for (image, note) in notes {
            environment.logger.info(
                "base image not followed", metadata: ["task": "\(key.task)", "image": "\(image)", "reason": "\(note)"])
        }
        return !followed.isEmpty && refusal == nil
    }

    /// - Returns: why there can't be a run; nil if there is one.
    private func run(_ key: TaskKey, because update: ImageUpdate) async throws -> String? {
        let cause = RunCause(.image(update), occurrence: "image \(update.id)")
        do {
            guard let task = try await tasks.find(key.task, in: key.registry) else { return "the task is gone." }
            _ = try await TriggeredRuns(environment).start(task, because: cause)
            return nil
        } catch let error as RunServiceError {
            return "\(error)"
        } catch let error as TaskServiceError {
            return "\(error)"
        } catch let error where error.isUnreadable {
            return "the task can't be read: \(error)"
        }
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
