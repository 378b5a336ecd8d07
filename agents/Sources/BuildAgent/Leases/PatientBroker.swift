import AgentProtocol
import CurlHTTP
import TaskModel

/// A broker whose calls for one run wait while the server can't be reached, until the task is canceled.
struct PatientBroker: RunBroker {
    let broker: any RunBroker

    func register(_ agent: AgentDescription) async throws { try await broker.register(agent) }

    func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders {
        try await broker.heartbeat(report, of: agent)
    }

    func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? {
        try await broker.nextRun(for: agent, waiting: waiting)
    }

    func resume(_ lease: LeaseID) async throws -> RunAssignment { try await broker.resume(lease) }

    func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String {
        try await Outage.enduring { try await broker.uploadedContext(lease, in: directory) }
    }

    func report(_ event: RunEvent, for lease: LeaseID) async throws {
        try await Outage.enduring { try await broker.report(event, for: lease) }
    }

    func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
        try await Outage.enduring { try await broker.appendLog(bytes, at: offset, for: lease) }
    }

    func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
        try await Outage.enduring { try await broker.secret(location, for: lease) }
    }

    func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant {
        try await Outage.enduring { try await broker.grantPush(lease, of: image) }
    }

    /// Tried once: what was read of `content` is gone.
    func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {
        try await broker.keepOutput(form, content, for: lease)
    }

    /// Tried once: how long to wait for the answer is the caller's to know.
    func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState {
        try await broker.renew(lease, waiting: waiting)
    }

    func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {
        try await Outage.enduring { try await broker.finish(lease, with: outcome, logLength: logLength) }
    }
}
