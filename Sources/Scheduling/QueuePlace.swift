import AgentProtocol
import TaskModel

/// Where a queued run stands, and what keeps it there.
struct QueuePlace {
    let pool: PoolID
    /// Runs in front of it.
    let position: Int
    /// How many runs the pool carries out at once; nil for a pool that is no more.
    let slots: Int?
    /// Those of the pool.
    var agents: [AgentStatus] = []
    /// Whether one of them asks for a run.
    var isAsked = false
    /// How long runs of the pool waited lately.
    var usualWait: Duration?
    /// The runs of its task that go on, if they are as many as may.
    var limit: (task: String, runs: [RunID])?

    /// What the run waits for.
    var reason: WaitReason {
        if let obstacle { return WaitReason(obstacle) }
        if let limit { return WaitReason(Self.text(of: limit), kind: "limit of \(limit.task)") }
        if let trouble { return WaitReason(trouble) }
        let place = "\(Self.ordinal(position + 1)) in pool \(pool.name)"
        if isAsked { return WaitReason("\(place); an agent is about to take it", kind: "next") }
        let usually = usualWait.map { "; usually \($0.rough)" } ?? ""
        return WaitReason("\(place); \(busyAgents)\(usually)", kind: "busy")
    }

    /// Why the run can't start whatever the others do, and what to do; nil if it can.
    var obstacle: String? {
        switch (slots, pool.registry) {
        case (nil, nil):
            "pool \(pool.name) is not configured any more: cancel the run, or configure the pool again"
        case (nil, _?):
            "pool \(pool.name) was deleted: cancel the run, or make the pool again "
                + "('slipway pool create -n \(pool.name)')"
        case (0, _?) where agents.allSatisfy({ $0.description.id.text.hasPrefix("embedded-") }):
            "pool \(pool.name) has no agents (count 0): give it some ('slipway pool update -n \(pool.name) --count 1'), "
                + "or cancel the run"
        default: nil
        }
    }

    /// Why none of the agents takes a run; nil if one does.
    private var trouble: String? {
        guard !agents.contains(where: \.state.takesRuns) else { return nil }
        let present = agents.filter { $0.state != .unreachable }
        guard !present.isEmpty else { return "pool \(pool.name) has no connected agent" }
        return present.map { agent in
            if case .unhealthy(let reason) = agent.state { return "agent \(agent.description.id): \(reason)" }
            return "agent \(agent.description.id) takes no new runs (draining)"
        }.joined(separator: "; ")
    }

    private var busyAgents: String {
        let count = agents.count { $0.state.takesRuns }
        return count == 1 ? "its agent is busy" : "its \(count) agents are busy"
    }

    private static func text(of limit: (task: String, runs: [RunID])) -> String {
        let shown = limit.runs.prefix(10).map(\.text).joined(separator: ", ")
        let more = limit.runs.count > 10 ? ", …" : ""
        let count = limit.runs.count
        return "the limit of \(count) run\(count == 1 ? "" : "s") of task \(limit.task) is reached (\(shown)\(more))"
    }

    static func ordinal(_ number: Int) -> String {
        switch (number % 10, number % 100) {
        case (_, 11...13): "\(number)th"
        case (1, _): "\(number)st"
        case (2, _): "\(number)nd"
        case (3, _): "\(number)rd"
        default: "\(number)th"
        }
    }
}
