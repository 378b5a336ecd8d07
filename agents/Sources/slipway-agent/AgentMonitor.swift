import BuildAgent
import Hummingbird
import Logging

/// Tells whoever watches a host how its agent is: `/healthz`, `/readyz`, `/metrics` (Prometheus text format 0.0.4). Nothing here is secret,
/// and nothing can be changed.
struct AgentMonitor: Sendable {
    let slots: AgentSlots
    let health: AgentHealth
    let contact: ServerContact

    func application(at address: (host: String, port: Int), logger: Logger) -> some ApplicationProtocol {
        let router = Router()
        router.get("healthz") { _, _ in "ok\n" }
        router.get("readyz") { _, _ in
            let problems = problems
            return Self.text(
                problems.isEmpty ? "ready\n" : problems.joined(separator: "\n") + "\n",
                status: problems.isEmpty ? .ok : .serviceUnavailable)
        }
        router.get("metrics") { _, _ in Self.text(metrics) }
        return Application(
            router: router,
            configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil), logger: logger)
    }

    /// Why no run can be taken.
    private var problems: [String] {
        [contact.problem.map { "server: \($0)" }, health.obstacle.map { "host: \($0)" }].compactMap(\.self)
    }

    private var metrics: String {
        let gauges = [
            ("slipway_agent_slots", "How many runs may go on at once.", slots.count),
            ("slipway_agent_slots_busy", "How many runs go on.", slots.busy),
            ("slipway_agent_server_reached", "1 if the server answered the last call.", contact.problem == nil ? 1 : 0),
            ("slipway_agent_healthy", "1 if the host can take runs.", health.obstacle == nil ? 1 : 0),
        ]
        return gauges.map { name, help, value in
            "# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(name) \(value)\n"
        }.joined()
    }

    private static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
