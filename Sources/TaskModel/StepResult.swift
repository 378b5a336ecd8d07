public import struct Foundation.Date

/// A step of a run as it happened.
public struct StepResult: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
        case command = "cmd"
        case build
        case push
    }

    public enum Status: String, Sendable, Hashable, Codable {
        /// Has not begun yet.
        case waiting
        case running
        /// Also when it failed and its errors are ignored.
        case successful
        case failed
        /// Was running when another step failed, or the run was stopped.
        case interrupted
        /// Never began.
        case skipped
    }

    public let id: String
    public let kind: Kind
    /// The ids of the steps that it waits for.
    public let dependencies: [String]
    public var status: Status
    /// How many containers or builds were begun for it, attempts and repetitions together.
    public var launches: Int
    /// Of the last container; nil while there is none, and for steps that have no container.
    public var exitCode: Int?
    /// Why it failed, for people, secrets masked; nil otherwise. A step whose errors are ignored has one too.
    public var message: String?
    public var startTime: Date?
    public var finishTime: Date?

    public init(
        id: String, kind: Kind, dependencies: [String], status: Status = .waiting, launches: Int = 0,
        exitCode: Int? = nil, message: String? = nil, startTime: Date? = nil, finishTime: Date? = nil
    ) {
        self.id = id
        self.kind = kind
        self.dependencies = dependencies
        self.status = status
        self.launches = launches
        self.exitCode = exitCode
        self.message = message
        self.startTime = startTime
        self.finishTime = finishTime
    }
}
