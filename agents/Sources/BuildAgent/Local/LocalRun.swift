import AgentProtocol
public import Contexts
public import CurlHTTP
import Distribution
public import DockerEngine
public import Logging
public import TaskFiles
public import TaskModel

/// One run of a task file on a docker daemon, without a server, through the same code as an agent's.
public struct LocalRun: Sendable {
    /// Where the workspace comes from.
    public enum Source: Sendable {
        case none
        case prepared(PreparedContext)
        /// A git reference or the URL of an archive, as typed.
        case remote(String)
    }

    /// How it ended.
    public struct Ending: Sendable {
        public let outcome: RunOutcome
        /// Empty if the file could not be carried out at all.
        public let steps: [StepResult]
        /// The last build of each step that builds.
        public let builds: [BuildVertices]
    }

    /// What templates can ask; the run's own volume and the commit of its context take the place of what is given.
    public var variables: RunVariables
    public var request: TaskFileRequest
    public var defaults = TaskDefaults()
    public var source = Source.none
    /// In the place of a server's store.
    public var secrets: [SecretLocation: Secret] = [:]
    public var policy = PoolPolicy()
    public var settings = TaskFileSettings()
    /// What pulls and pushes, by registry as image names spell it.
    public var credentials: [String: Credential] = [:]
    public var timeout = Duration.seconds(28_800)
    /// Where what is in the workspace at the end is copied to.
    public var workspaceOut: String?

    public init(variables: RunVariables, request: TaskFileRequest) {
        self.variables = variables
        self.request = request
    }

    /// Carries it out. When the calling task is canceled the run is canceled: its programs get ten seconds to end, and
    /// nothing of it stays on the daemon.
    ///
    /// - Parameters:
    ///   - home: for what must be known to clean up after a run that was killed.
    ///   - access: how a remote source is reached.
    ///   - http: reaches registries.
    ///   - console: sees what it prints.
    /// - Throws: ``DockerError`` if no daemon answers, ``ContextError`` if `home` can't be used.
    public func carryOut(
        on client: DockerClient, home: LocalRunHome, access: GitAccess, http: HTTPClient, console: any RunConsole,
        logger: Logger
    ) async throws -> Ending {
        do {
            _ = try await client.daemon()
        } catch {
            await home.close()
            throw error
        }
        await home.removeLeftovers(on: client, logger: logger)
        let daemon = try Daemon(client: client, directory: LocalRunHome.daemonPath(home.directory))
        let broker = LocalRunBroker(secrets: secrets, credentials: credentials)
        let executor = RunExecutor(
            daemon: daemon, registries: RegistryClient(http: http),
            fetcher: ContextFetcher(access: access, directory: home.directory + "/fetched"),
            logLimit: .max, console: console)
        var parts = LocalRunParts(variables: variables, defaults: defaults, workspaceOut: workspaceOut)
        if case .prepared(let context) = source { parts.context = context }
        let (assignment, local) = (assignment, parts)
        await withTaskCancellationHandler {
            // Its own task: an agent's run is canceled by its broker, and only stopped by its task.
            await Task { await executor.carryOut(assignment, local: local, broker: broker, logger: logger) }.value
        } onCancel: {
            broker.cancel()
        }
        // What could not be removed the next run finds by way of the folder.
        if !daemon.owes, daemon.runNames.due().isEmpty { await home.close() }
        return broker.ending
    }

    private var assignment: RunAssignment {
        let host = variables.registry
        var source = RunSource.none
        if case .remote(let location) = self.source { source = RunSource(typed: location) }
        return RunAssignment(
            lease: .random(), terms: LeaseTerms(),
            run: RunID(sequence: Int64.random(in: 0..<36 * 36 * 36 * 36 * 36)), epoch: 1, pool: "local",
            registry: Registry(
                name: variables.registryName, loginServer: host, endpoint: "https://" + host,
                credential: credentials[host.lowercased()]),
            request: .taskFile(request), source: source, startTime: variables.date,
            taskName: variables.taskName.isEmpty ? nil : variables.taskName, pullCredentials: credentials,
            gitCredentials: [:], timeout: timeout, policy: policy, taskFiles: settings)
    }
}

/// What a run without a server has besides an assignment.
struct LocalRunParts: Sendable {
    var variables: RunVariables
    var defaults: TaskDefaults
    var workspaceOut: String?
    /// The workspace, if it is no remote one.
    var context: PreparedContext?
}
