public import struct Foundation.Date
public import TaskModel

/// The answer of `POST /agent/v1/runs/next`: a ``RunAssignment`` with its secrets in clear.
public struct AssignmentAnswer: Codable, Sendable {
    public struct Login: Codable, Sendable {
        public var username: String
        public var password: Secret

        init(_ credential: Credential) {
            username = credential.username
            password = credential.password
        }

        var credential: Credential { Credential(username: username, password: password) }
    }

    public struct Terms: Codable, Sendable {
        public var durationMilliseconds: Int64
        public var renewEveryMilliseconds: Int64
        public var holdMilliseconds: Int64?

        init(_ terms: LeaseTerms) {
            durationMilliseconds = terms.duration.wholeMilliseconds
            renewEveryMilliseconds = terms.renewEvery.wholeMilliseconds
            holdMilliseconds = terms.hold.wholeMilliseconds
        }

        var terms: LeaseTerms {
            LeaseTerms(
                duration: .milliseconds(durationMilliseconds), renewEvery: .milliseconds(renewEveryMilliseconds),
                hold: .milliseconds(holdMilliseconds ?? 0))
        }
    }

    public struct RegistryParts: Codable, Sendable {
        public var name: String
        public var loginServer: String
        public var endpoint: String
        public var login: Login?
        public var gateway: Bool?

        init(_ registry: Registry) {
            name = registry.name
            loginServer = registry.loginServer
            endpoint = registry.endpoint
            login = registry.credential.map(Login.init)
            gateway = registry.gateway
        }

        var registry: Registry {
            Registry(
                name: name, loginServer: loginServer, endpoint: endpoint, credential: login?.credential,
                gateway: gateway ?? false)
        }
    }

    public struct Source: Codable, Sendable {
        public var git: Secret?
        public var download: Secret?
        public var isUpload: Bool?

        init(_ source: RunSource) {
            switch source {
            case .none: break
            case .git(let location): git = location
            case .download(let location): download = location
            case .upload: isUpload = true
            }
        }

        var source: RunSource {
            if let git { return .git(git) }
            if let download { return .download(download) }
            return isUpload == true ? .upload : .none
        }
    }

    public struct SSH: Codable, Sendable {
        public var privateKey: Secret
        public var knownHosts: String
    }

    public var lease: Secret
    public var terms: Terms
    public var run: String
    public var epoch: Int
    public var pool: String
    public var registry: RegistryParts
    public var request: RequestDocument
    public var source: Source
    public var commit: String?
    public var startTime: Date
    public var taskName: String?
    public var pullLogins: [String: Login]?
    public var gitLogins: [String: Login]?
    public var gitSSH: SSH?
    public var timeoutMilliseconds: Int64
    public var policy: PolicyParts?
    public var taskFiles: TaskFileParts?
    public var outputLimit: Int64?
    /// Texts of `SyntaxRule`.
    public var syntax: [String]?
    public var cacheDomain: String?
    public var trigger: RunTrigger?
    public var isRestricted: Bool?

    public init(_ assignment: RunAssignment) throws {
        lease = Secret(assignment.lease.text)
        terms = Terms(assignment.terms)
        run = assignment.run.text
        epoch = assignment.epoch
        pool = assignment.pool
        registry = RegistryParts(assignment.registry)
        request = try RequestDocument(assignment.request) { $0 }
        source = Source(assignment.source)
        commit = assignment.commit
        startTime = assignment.startTime
        taskName = assignment.taskName
        pullLogins = assignment.pullCredentials.mapValues(Login.init)
        gitLogins = assignment.gitCredentials.mapValues(Login.init)
        gitSSH = assignment.gitSSH.map { SSH(privateKey: $0.privateKey, knownHosts: $0.knownHosts) }
        timeoutMilliseconds = assignment.timeout.wholeMilliseconds
        policy = PolicyParts(assignment.policy)
        taskFiles = TaskFileParts(assignment.taskFiles)
        outputLimit = assignment.outputLimit
        syntax = assignment.builds.syntax.map(\.description)
        cacheDomain = assignment.cacheDomain?.text
        trigger = assignment.trigger
        isRestricted = assignment.isRestricted ? true : nil
    }

    /// - Throws: ``AgentProtocolError`` if the server is one that this version can't understand.
    public func assignment() throws -> RunAssignment {
        guard let run = RunID(run) else { throw AgentProtocolError.unreadable("the run's id") }
        return RunAssignment(
            lease: LeaseID(lease.value), terms: terms.terms, run: run, epoch: epoch, pool: pool,
            registry: registry.registry, request: try request.request(agentPool: pool) { $0 },
            source: source.source, commit: commit, startTime: startTime, taskName: taskName,
            pullCredentials: (pullLogins ?? [:]).mapValues(\.credential),
            gitCredentials: (gitLogins ?? [:]).mapValues(\.credential),
            gitSSH: gitSSH.map { GitSSH(privateKey: $0.privateKey, knownHosts: $0.knownHosts) },
            timeout: .milliseconds(timeoutMilliseconds), policy: policy?.policy ?? PoolPolicy(),
            taskFiles: taskFiles?.settings ?? TaskFileSettings(), outputLimit: outputLimit ?? 10 << 30,
            builds: BuildSettings(syntax: (syntax ?? []).compactMap(SyntaxRule.init)),
            cacheDomain: cacheDomain.map(CacheDomain.init(text:)), trigger: trigger,
            isRestricted: isRestricted ?? false)
    }
}

/// Why an answer of the server can't be used.
public enum AgentProtocolError: Error, Equatable, CustomStringConvertible {
    case unreadable(String)

    public var description: String {
        switch self {
        case .unreadable(let what):
            "What came can't be read: \(what). Use versions of server and agent that fit."
        }
    }
}
