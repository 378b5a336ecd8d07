public import TaskModel

/// A run that is kept under a name (`GET P/taskRuns/N`).
public struct TaskRunResource: Codable, Sendable, Hashable {
    public var id: String
    public var name: String
    public var type: String
    public var location: String?
    /// Kept and shown; logins come from the server's own configuration.
    public var identity: IdentityProperties?
    public var properties: TaskRunProperties?

    public init(
        id: String, name: String, location: String? = nil, identity: IdentityProperties? = nil,
        properties: TaskRunProperties? = nil
    ) {
        self.id = id
        self.name = name
        type = ResourceID.taskRunType
        self.location = location
        self.identity = identity
        self.properties = properties
    }
}

/// What is told of a task run.
public struct TaskRunProperties: Codable, Sendable, Hashable {
    /// `Creating`, `Succeeded`, `Failed` or `Canceled`: how its run goes.
    public var provisioningState: String?
    public var runRequest: ScheduleRunRequest?
    /// The whole run.
    public var runResult: RunResource?
    /// Another tag makes another run of the same request.
    public var forceUpdateTag: String?

    public init(
        provisioningState: String? = nil, runRequest: ScheduleRunRequest? = nil, runResult: RunResource? = nil,
        forceUpdateTag: String? = nil
    ) {
        self.provisioningState = provisioningState
        self.runRequest = runRequest
        self.runResult = runResult
        self.forceUpdateTag = forceUpdateTag
    }

    /// The word for how a run goes.
    public static func provisioningState(of status: RunStatus) -> String {
        switch status {
        case .queued, .started, .running: "Creating"
        case .succeeded: "Succeeded"
        case .failed, .error, .timeout: "Failed"
        case .canceled: "Canceled"
        }
    }
}

/// The body of `PUT` and `PATCH P/taskRuns/N`.
public struct TaskRunResourceRequest: Codable, Sendable, Hashable {
    public var location: String?
    public var identity: IdentityProperties?
    public var properties: TaskRunProperties?

    public init(properties: TaskRunProperties?) {
        self.properties = properties
    }
}

extension ResourceID {
    public static let taskRunType = "Microsoft.ContainerRegistry/registries/taskRuns"

    /// The id of a task run of this registry.
    public func taskRun(_ name: String) -> ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, registry: registry,
            children: [Child(type: "taskRuns", name: name)])
    }
}

extension TaskRun {
    /// - Throws: ``InvalidRequest`` unless the name is 1 to 50 letters, digits, `-` and `_`.
    public static func checkedName(_ name: String) throws(InvalidRequest) -> String {
        guard (1...50).contains(name.utf8.count),
            name.utf8.allSatisfy({ RequestChecks.isAlphanumeric($0) || $0 == 0x2d || $0 == 0x5f })
        else {
            throw InvalidRequest(
                code: "InvalidName",
                message:
                    "'\(name.escapedForDisplay)' is no name of a task run: use 1 to 50 letters, digits, '-' and '_'.",
                target: "taskRunName")
        }
        return name
    }

    /// - Throws: ``InvalidRequest`` for a tag that can't be kept.
    public static func checkedTag(_ tag: String?) throws(InvalidRequest) -> String? {
        try RequestChecks.text(tag, field: "forceUpdateTag")
    }
}
