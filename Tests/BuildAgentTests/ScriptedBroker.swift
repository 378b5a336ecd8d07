import AgentProtocol
import CurlHTTP
import Synchronization
import TaskModel

/// A server whose answers a test gives.
final class ScriptedBroker: RunBroker {
    struct Answers: Sendable {
        var renew: @Sendable (Duration) async throws -> LeaseState = { _ in .held }
        var grant: @Sendable () async throws -> PushGrant = { PushGrant(credential: nil) }
        var resume: @Sendable () async throws -> RunAssignment = { throw BrokerError.refused("it can't") }
        var report: @Sendable (RunEvent) async throws -> Void = { _ in }
        var register: @Sendable () async throws -> Void = {}
        var heartbeat: @Sendable () async throws -> Void = {}
        var append: @Sendable (_ text: String) async throws -> Void = { _ in }
        var finish: @Sendable (RunOutcome, Int64) async throws -> Void = { _, _ in }
    }

    private struct State {
        var answers: Answers
        var log: [UInt8] = []
        var isAway = false
    }

    private let state: Mutex<State>

    init(_ answers: Answers = Answers()) {
        state = Mutex(State(answers: answers))
    }

    var log: [UInt8] { state.withLock(\.log) }
    var text: String { String(decoding: log, as: UTF8.self) }

    /// Whether it can't be reached.
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    func change(_ change: (inout Answers) -> Void) { state.withLock { change(&$0.answers) } }

    var finishAnswer: @Sendable (RunOutcome, Int64) async throws -> Void { state.withLock(\.answers.finish) }

    /// Forgets the end of the log.
    func cutLog(to length: Int) { state.withLock { $0.log = Array($0.log.prefix(length)) } }

    private func answers() throws -> Answers {
        try state.withLock { state in
            guard !state.isAway else { throw BrokerError.unreachable("it is away") }
            return state.answers
        }
    }

    func register(_ agent: AgentDescription) async throws { try await answers().register() }
    func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders {
        try await answers().heartbeat()
        return AgentOrders()
    }

    func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment? { nil }
    func resume(_ lease: LeaseID) async throws -> RunAssignment { try await answers().resume() }
    func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String { "" }
    func report(_ event: RunEvent, for lease: LeaseID) async throws { try await answers().report(event) }

    func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws {
        try await answers().append(String(decoding: bytes, as: UTF8.self))
        try state.withLock { state in
            guard offset <= state.log.count, !bytes.isEmpty || offset == state.log.count else {
                throw BrokerError.logOffset(expected: Int64(state.log.count))
            }
            state.log = state.log.prefix(Int(offset)) + bytes
        }
    }

    func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret {
        throw BrokerError.secretMissing(location)
    }

    func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant {
        try await answers().grant()
    }

    func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws {}
    func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState { try await answers().renew(waiting) }

    func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws {
        try await answers().finish(outcome, logLength)
        let stored = Int64(log.count)
        guard stored >= logLength else { throw BrokerError.logIncomplete(stored: stored) }
    }
}
