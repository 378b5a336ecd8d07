/// `POST /agent/v1/agents/ID/heartbeat`.
public struct HeartbeatRequest: Codable, Sendable {
    public var obstacle: String?
    public var isStopping: Bool?
    public var running: Int?

    public init(_ report: AgentReport) {
        obstacle = report.obstacle
        isStopping = report.isStopping
        running = report.running
    }

    public var report: AgentReport {
        AgentReport(obstacle: obstacle, isStopping: isStopping ?? false, running: running ?? 0)
    }
}

/// The answer to it.
public struct HeartbeatAnswer: Codable, Sendable {
    public var isDraining: Bool?

    public init(_ orders: AgentOrders) {
        isDraining = orders.isDraining
    }

    public var orders: AgentOrders { AgentOrders(isDraining: isDraining ?? false) }
}
