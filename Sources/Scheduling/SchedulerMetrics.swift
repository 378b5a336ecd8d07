public import CoreMetrics
import Foundation
import Storage
import TaskModel

/// What the scheduler counts and measures. A pool of a registry's own is named `REGISTRY/POOL`.
public struct SchedulerMetrics: Sendable {
    /// A sentence for each, by its name.
    public static let help = [
        "slipway_runs_queued_total": "Runs that were accepted.",
        "slipway_runs_total": "Runs that ended, by status.",
        "slipway_run_wait_seconds": "From accepting a run to handing it to an agent.",
        "slipway_run_duration_seconds": "From handing a run to an agent to its end.",
        "slipway_leases_expired_total": "Runs whose agent was lost.",
        "slipway_stale_writes_refused_total": "Calls of agents for runs that were no longer theirs.",
        "slipway_log_bytes_total": "Bytes of logs taken from agents.",
        "slipway_queue_depth": "Runs that wait.",
        "slipway_runs_under_way": "Runs that are with an agent.",
        "slipway_agents": "Agents, by state.",
    ]

    private let factory: any MetricsFactory
    private let staleWrites: Counter
    private let logBytes: Counter

    public init(_ factory: any MetricsFactory) {
        self.factory = factory
        staleWrites = Counter(label: "slipway_stale_writes_refused_total", factory: factory)
        logBytes = Counter(label: "slipway_log_bytes_total", factory: factory)
    }

    func queued(in pool: PoolID) {
        counter("slipway_runs_queued_total", ["pool": "\(pool)"]).increment()
    }

    /// - Parameter run: as it is now, Started.
    func started(_ run: Run) {
        guard let start = run.startTime else { return }
        timer("slipway_run_wait_seconds", ["pool": "\(run.pool)"]).recordSeconds(
            max(0, start.timeIntervalSince(run.createTime)))
    }

    /// - Parameter run: as it is now, in its terminal status.
    func ended(_ run: Run) {
        ended(as: run.status, in: run.pool)
        guard let start = run.startTime, let finish = run.finishTime else { return }
        timer("slipway_run_duration_seconds", ["pool": "\(run.pool)"]).recordSeconds(
            max(0, finish.timeIntervalSince(start)))
    }

    /// For a run that was not started.
    func ended(as status: RunStatus, in pool: PoolID) {
        counter("slipway_runs_total", ["pool": "\(pool)", "status": status.rawValue]).increment()
    }

    func leaseExpired(in pool: PoolID) {
        counter("slipway_leases_expired_total", ["pool": "\(pool)"]).increment()
    }

    func staleWriteRefused() {
        staleWrites.increment()
    }

    func logged(bytes: Int) {
        logBytes.increment(by: bytes)
    }

    /// Brings up to date what is looked up when it is shown.
    func look(at environment: SchedulerEnvironment) async throws {
        var pools = environment.settings.pools.map { PoolID(name: $0.name) }
        pools += try await environment.pools.list(servedBy: .embedded).map(\.id)
        for pool in pools {
            let load = try await environment.runs.load(of: pool)
            gauge("slipway_queue_depth", ["pool": "\(pool)"]).record(load.queued)
            gauge("slipway_runs_under_way", ["pool": "\(pool)"]).record(load.underWay)
            let states = environment.agents.agents(of: pool).map { "\($0.state)" }
            for state in AgentState.names {
                gauge("slipway_agents", ["pool": "\(pool)", "state": state]).record(states.count { $0 == state })
            }
        }
    }

    private func counter(_ name: String, _ labels: KeyValuePairs<String, String>) -> Counter {
        Counter(label: name, dimensions: labels.map { ($0.key, $0.value) }, factory: factory)
    }

    private func timer(_ name: String, _ labels: KeyValuePairs<String, String>) -> CoreMetrics.Timer {
        CoreMetrics.Timer(label: name, dimensions: labels.map { ($0.key, $0.value) }, factory: factory)
    }

    private func gauge(_ name: String, _ labels: KeyValuePairs<String, String>) -> Gauge {
        Gauge(label: name, dimensions: labels.map { ($0.key, $0.value) }, factory: factory)
    }
}

extension SchedulerEnvironment {
    /// Brings up to date what is looked up when metrics are shown.
    public func lookForMetrics() async throws {
        try await metrics.look(at: self)
    }
}
