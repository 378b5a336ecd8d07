public import TaskModel

/// Names one attempt at one run. Whoever holds it may write to the run, so it can't be guessed.
public struct LeaseID: Sendable, Hashable {
    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// A new one of 128 random bits.
    public static func random() -> LeaseID {
        var generator = SystemRandomNumberGenerator()
        return LeaseID(String(generator.next() as UInt64, radix: 36) + String(generator.next() as UInt64, radix: 36))
    }
}

extension LeaseID: CustomStringConvertible {
    /// Shortened: a lease is a key, and keys don't belong in logs.
    public var description: String { text.prefix(4) + "…" }
}

/// How long a lease lasts, counted by the agent from the moment it sent the renewal.
public struct LeaseTerms: Sendable, Hashable {
    /// 45 s to 1 h in production; the server's verdict comes no earlier.
    public let duration: Duration
    public let renewEvery: Duration
    /// How long an agent that can't renew goes on with a run that has begun, without pushing; zero: no longer than with one
    /// that has not.
    public let hold: Duration

    public init(
        duration: Duration = .seconds(90), renewEvery: Duration = .seconds(10), hold: Duration = .seconds(900)
    ) {
        self.duration = duration
        self.renewEvery = renewEvery
        self.hold = hold
    }

    /// When an agent that can't renew kills what another one could be given: five sixths of ``duration`` after it sent the
    /// last good renewal.
    public var killAfter: Duration { duration * 5 / 6 }
}

/// What an agent has to do with a run it holds.
public enum LeaseState: String, Sendable, Hashable, Codable {
    case held
    /// Stop it, then finish it as Canceled.
    case canceled
    /// Stop it, then finish it as Timeout.
    case timedOut
    /// Stop it and report nothing more.
    case lost
}

/// Permission to push one image for a short time, counted by the agent from the moment it asked. Asking again renews it.
public struct PushGrant: Sendable {
    /// What pushes there; nil for a registry without login.
    public let credential: Credential?
    public let duration: Duration

    public init(credential: Credential?, duration: Duration = .seconds(60)) {
        self.credential = credential
        self.duration = duration
    }
}

/// Something that happened to a run.
public enum RunEvent: Sendable, Hashable {
    /// The first step begins, or the first byte goes to a builder: from here on the run is never handed out again.
    case began
    /// The git context was resolved to a commit.
    case resolved(SourceRevision)
    /// What the run waits for on the agent, for people; nil when it waits no longer.
    case waiting(String?)
    /// The steps of the run, in the order of the task file, none begun.
    case planned([StepResult])
    /// What has become of one of them.
    case step(StepResult)
    /// What has become of vertexes of one of its builds: those that have changed.
    case vertices(BuildVertices)
}
