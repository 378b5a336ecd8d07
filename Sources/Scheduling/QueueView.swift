import Storage
import TaskModel

/// One look at what queued runs wait for: each pool and each limit of a task is looked up once.
struct QueueView {
    private struct Pool {
        let slots: Int?
        let agents: [AgentStatus]
        let isAsked: Bool
        let usualWait: Duration?
    }

    private struct TaskKey: Hashable {
        let registry: String
        let task: String
    }

    private let environment: SchedulerEnvironment
    private var pools: [PoolID: Pool] = [:]
    private var underWay: [TaskKey: [RunID]] = [:]

    init(_ environment: SchedulerEnvironment) {
        self.environment = environment
    }

    mutating func reason(of run: QueuedRun) async throws -> WaitReason {
        let pool = try await pool(run.pool)
        var place = QueuePlace(
            pool: run.pool, position: run.position, slots: pool.slots, agents: pool.agents, isAsked: pool.isAsked,
            usualWait: pool.usualWait)
        if let limit = run.concurrency, let task = run.task {
            let others = try await others(of: task, in: run.registry)
            if others.count >= limit { place.limit = (task, others) }
        }
        return place.reason
    }

    private mutating func pool(_ id: PoolID) async throws -> Pool {
        if let known = pools[id] { return known }
        let directory = PoolDirectory(settings: environment.settings, store: environment.pools)
        let pool = Pool(
            slots: try await directory.find(id)?.slots, agents: environment.agents.agents(of: id),
            isAsked: environment.agents.isAsked(id), usualWait: environment.waits.usual(in: id))
        pools[id] = pool
        return pool
    }

    private mutating func others(of task: String, in registry: String) async throws -> [RunID] {
        let key = TaskKey(registry: registry.lowercased(), task: task.lowercased())
        if let known = underWay[key] { return known }
        let runs = try await environment.runs.runsUnderWay(of: task, in: registry)
        underWay[key] = runs
        return runs
    }
}
