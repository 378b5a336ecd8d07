/// Where a run stands. The raw values are the API's own spelling.
public enum RunStatus: String, Sendable, Hashable, CaseIterable {
    case queued = "Queued"
    case started = "Started"
    case running = "Running"
    case succeeded = "Succeeded"
    case failed = "Failed"
    case canceled = "Canceled"
    case error = "Error"
    case timeout = "Timeout"

    /// The statuses a run may move to from this one. The store refuses every other move.
    public var successors: Set<RunStatus> {
        switch self {
        case .queued: [.started, .canceled, .error]
        case .started: [.running, .queued, .succeeded, .failed, .canceled, .error, .timeout]
        case .running: [.queued, .succeeded, .failed, .canceled, .error, .timeout]
        case .succeeded, .failed, .canceled, .error, .timeout: []
        }
    }

    public var isTerminal: Bool { successors.isEmpty }

    /// The statuses from which a run may move to `status`.
    public static func predecessors(of status: RunStatus) -> [RunStatus] {
        allCases.filter { $0.successors.contains(status) }
    }

    /// Reads a status in any case, as people type it.
    public init?(anyCase text: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = match
    }
}

/// What kind of request made a run. The raw values are the API's own spelling.
public enum RunType: String, Sendable, Hashable, CaseIterable {
    case quickBuild = "QuickBuild"
    case quickRun = "QuickRun"
    case autoBuild = "AutoBuild"
    case autoRun = "AutoRun"
}
