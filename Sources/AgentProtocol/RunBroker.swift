public import CurlHTTP
public import TaskModel

/// What an agent asks of the server. The embedded agent calls the scheduler itself; one on another host calls it over HTTP.
///
/// Every call but those that name an agent names a lease and throws ``BrokerError/leaseLost`` once that lease is no
/// longer the run's: the agent then stops the run and reports nothing more.
public protocol RunBroker: Sendable {
    /// Makes an agent known. The same id again replaces the description.
    func register(_ agent: AgentDescription) async throws

    /// Tells how the agent is; to be called every ``LeaseTerms/renewEvery``.
    func heartbeat(_ report: AgentReport, of agent: AgentID) async throws -> AgentOrders

    /// The next run for one free slot of this agent.
    ///
    /// - Parameter waiting: how long to wait for one.
    /// - Returns: nil if none came in that time.
    func nextRun(for agent: AgentID, waiting: Duration) async throws -> RunAssignment?

    /// What it takes to carry out a run that the agent has already, for one that was restarted.
    ///
    /// - Throws: ``BrokerError/refused(_:)`` of a server that can't.
    func resume(_ lease: LeaseID) async throws -> RunAssignment

    /// Makes the uploaded context of a run available as a file, packed as it was uploaded.
    ///
    /// - Parameter directory: where a copy may be put if the file is not on this host.
    /// - Returns: the path of the file, which stays there while the lease is held.
    func uploadedContext(_ lease: LeaseID, in directory: String) async throws -> String

    /// Tells how the run goes on.
    func report(_ event: RunEvent, for lease: LeaseID) async throws

    /// Adds to the run's log.
    ///
    /// - Parameter offset: the place of the first byte in this agent's stream of the run.
    /// - Throws: ``BrokerError/logOffset(expected:)`` if bytes before `offset` are missing.
    func appendLog(_ bytes: [UInt8], at offset: Int64, for lease: LeaseID) async throws

    /// The value of a secret that the run's task file names.
    ///
    /// - Throws: ``BrokerError/secretMissing(_:)`` if the run's registry has no such secret.
    func secret(_ location: SecretLocation, for lease: LeaseID) async throws -> Secret

    /// Asks for permission to push one image, or for more time for that: refused once a stop was asked for.
    func grantPush(_ lease: LeaseID, of image: ImageReference) async throws -> PushGrant

    /// Keeps an archive of what the run built, for people to download. The same again takes the place of the first.
    ///
    /// - Parameter content: read to its end.
    /// - Throws: ``BrokerError/outputTooLarge(limit:)``.
    func keepOutput(_ form: ImageArchive, _ content: BytePipe, for lease: LeaseID) async throws

    /// Renews the lease for another period, or waits at most `waiting` for news.
    ///
    /// - Returns: what the agent has to do.
    func renew(_ lease: LeaseID, waiting: Duration) async throws -> LeaseState

    /// Ends the run. The same outcome again is accepted again.
    ///
    /// - Parameter logLength: bytes in this agent's stream; ``BrokerError/logIncomplete(stored:)`` if the server has fewer.
    func finish(_ lease: LeaseID, with outcome: RunOutcome, logLength: Int64) async throws

    /// Says that the agent is done with the run, whether it was finished or not: nothing is kept for it any more.
    func release(_ lease: LeaseID)
}

extension RunBroker {
    public func release(_ lease: LeaseID) {}

    public func resume(_ lease: LeaseID) async throws -> RunAssignment {
        throw BrokerError.refused("it can't hand out a run once more")
    }
}

/// Why the server refused a call of an agent.
public enum BrokerError: Error, Equatable {
    case leaseLost
    case logOffset(expected: Int64)
    case logIncomplete(stored: Int64)
    /// A stop was asked for, or the run is of what came from a fork: nothing more may be pushed.
    case pushRefused(String)
    case contextMissing(RunID)
    case unknownAgent(AgentID)
    case secretMissing(SecretLocation)
    /// In bytes.
    case outputTooLarge(limit: Int64)
    /// There is nobody who would keep it.
    case outputNotKept
    /// No answer came, or none that makes sense; the same call again may succeed.
    case unreachable(String)
    /// The server does not know this agent's key, or its join token.
    case notAuthorized(String)
    /// The server can't do what the call says; the same call again can't succeed.
    case refused(String)
}

extension BrokerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .leaseLost: "The run was given to somebody else, or has ended. Stop it."
        case .logOffset(let expected): "The log has \(expected) bytes so far; send from there."
        case .logIncomplete(let stored): "The log has only \(stored) bytes; send the rest first."
        case .pushRefused(let reason): "Nothing may be pushed: \(reason)."
        case .contextMissing(let run): "The uploaded context of run \(run) is no longer there. Upload it again."
        case .unknownAgent(let agent): "No agent \(agent) is registered. Register first."
        case .secretMissing(let location):
            "The run's registry has no secret \(location). Store it with 'slipway secret set \(location)'."
        case .outputTooLarge(let limit):
            "The image's archive is larger than \(limit) bytes (limits.outputBytes). Push the image instead."
        case .unreachable(let reason): "The server could not be asked: \(reason)"
        case .notAuthorized(let reason):
            "The server refuses this agent: \(reason)"
        case .refused(let reason): "The server refused the call: \(reason)"
        case .outputNotKept: "No server keeps what this run builds. Push the image, or save it with docker."
        }
    }
}
