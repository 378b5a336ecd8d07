import AgentProtocol
import CurlHTTP
import Synchronization
import TaskModel

/// The server's side of one run that has no server: keeps what becomes of its steps, and knows its secrets.
final class LocalRunBroker: RunBroker {
    private struct State {
        var steps: [StepResult] = []
        var builds: [BuildVertices] = []
        var outcome: RunOutcome?
        var isCanceled = false
    }

    private let secrets: [SecretLocation: Secret]
    private let credentials: [String: Credential]
    private let state = Mutex(State())
    private let (news, newsSource) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(secrets: [SecretLocation: Secret], credentials: [String: Credential]) {
        self.secrets = secrets
        self.credentials = credentials
    }

    var ending: LocalRun.Ending {
        state.withLock { state in
            LocalRun.Ending(
                outcome: state.outcome ?? RunOutcome(status: .error), steps: state.steps, builds: state.builds)
        }
    }

    func cancel() {
        state.withLock { $0.isCanceled = true }
        newsSource.yield()
    }

    func register(_ agent: AgentDescription) async throws {}
    func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders { AgentOrders() }
    func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? { nil }

    func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String {
        throw BrokerError.unknownAgent(AgentID("local"))
    }

    func report(_ event: RunEvent, for lease: LeaseID) async throws {
        state.withLock { state in
            switch event {
            case .planned(let steps): state.steps = steps
            case .step(let step):
                if let index = state.steps.firstIndex(where: { $0.id == step.id }) { state.steps[index] = step }
            case .vertices(let batch): state.builds.add(batch)
            case .began, .resolved, .waiting: break
            }
        }
    }

    func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {}

    func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
        guard let secret = secrets[location] else { throw BrokerError.secretMissing(location) }
        return secret
    }

    func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {
        throw BrokerError.outputNotKept
    }

    func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant {
        guard !state.withLock(\.isCanceled) else { throw BrokerError.pushRefused("the run is being canceled") }
        return PushGrant(credential: credentials[image.registry])
    }

    func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState {
        while !state.withLock(\.isCanceled), !Task.isCancelled {
            for await _ in news { break }
        }
        return state.withLock(\.isCanceled) ? .canceled : .held
    }

    func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {
        state.withLock { $0.outcome = outcome }
    }
}
