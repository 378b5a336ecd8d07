public import Contexts
public import Distribution
import Foundation
public import ServiceLifecycle
public import Storage
public import TaskModel

/// Everything that follows the images below tasks.
public struct BaseImageTriggers: Sendable {
    let catalog: ImageCatalog
    let watch: ImageWatch
    let trigger: BaseImageTrigger
    private let images: TrackedImageStore
    private let changes: ImageChangeStore
    private let settings: ImageTriggerSettings

    /// - Parameters:
    ///   - registries: what asks registries.
    ///   - random: a number between 0 and 1, for the jitter.
    ///   - files: reads a file of a git repository, in the folder and at the commit that a reference leads to; nil if it is not there.
    public init(
        _ environment: SchedulerEnvironment, tasks: any TaskStore, database: Database, registries: RegistryClient,
        settings: ImageTriggerSettings = ImageTriggerSettings(), clock: any Clock<Duration> = ContinuousClock(),
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        files: @escaping @Sendable (_ reference: GitReference, _ path: String) async throws -> [UInt8]?
    ) {
        self.settings = settings
        images = TrackedImageStore(database: database)
        changes = ImageChangeStore(database: database)
        catalog = ImageCatalog(
            environment: environment, tasks: tasks, images: images, changes: RunChangeStore(database: database),
            reader: ImageReader(settings: environment.settings, files: files), clock: clock)
        watch = ImageWatch(
            environment: environment, images: images, logins: ImageLogins(environment: environment, tasks: tasks),
            registries: registries, settings: settings, budget: HostBudget(perMinute: settings.hostBudget),
            random: random)
        trigger = BaseImageTrigger(
            environment: environment, tasks: tasks, changes: changes, settings: settings)
    }

    public var services: [any Service] { [catalog, watch, trigger] }

    /// How the images below a task stand, by name; and what is not known of them, if anything.
    public func state(of task: TaskDefinition) async throws -> (images: [TriggerState.BaseImage], problem: String?) {
        let key = TaskKey(registry: task.registry, task: task.name)
        let known = try await images.images(of: key)
        let waiting = try await changes.waiting(of: key)
        let obstacle = waiting.isEmpty ? nil : try await obstacle(of: key, since: waiting[0].time)
        let states = known.images.map { state in
            let change = waiting.last { $0.image == state.tracked.image }
            return TriggerState.BaseImage(
                image: state.tracked.image.description, use: state.tracked.use,
                origin: state.tracked.origin == .run ? .run : .dockerfile, digest: state.digest ?? state.tracked.digest,
                lastCheckTime: state.lastCheckTime, nextCheckTime: state.nextCheckTime,
                problem: state.problem ?? change.map { "The run for \($0.digest) waits\(obstacle ?? "")." }
                    ?? state.note
            )
        }
        return (states, known.problem)
    }

    private func obstacle(of task: TaskKey, since: Date) async throws -> String {
        let flow = try await changes.flow()
        var order = ImageOrder(flow, waiting: try await changes.waiting().map(\.task))
        if let name = order.obstacle(of: task, since: since, at: trigger.environment.now()) {
            return name == task.flowName ? " for what else changed" : " for \(name), whose image it stands on"
        }
        let runs = try await trigger.pool(of: task).flatMap { flow.runs[$0] } ?? 0
        return runs >= settings.runs
            ? ": \(runs) runs for changed images are under way in its pool, and no more at once (triggers.imageRuns)"
            : ""
    }
}
