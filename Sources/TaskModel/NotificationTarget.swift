public import struct Foundation.Date

/// What can be told of a run.
public enum NotificationEvent: String, Sendable, Hashable, Codable, CaseIterable {
    /// It waits: it is new, or has lost its agent.
    case queued
    /// An agent has it.
    case started
    /// It has ended, in whatever way.
    case finished

    /// Nil for a status of which nothing is told.
    public init?(_ status: RunStatus) {
        switch status {
        case .queued: self = .queued
        case .started: self = .started
        case .running: return nil
        case .succeeded, .failed, .canceled, .error, .timeout: self = .finished
        }
    }
}

/// A URL that is told how runs of a registry go.
public struct NotificationTarget: Sendable, Hashable {
    /// 1 to 50 letters, digits, `-` and `_`, compared without case.
    public let name: String
    public let registry: String
    /// There may be secrets in its user info and its query: ``NotificationURL/shown`` is for people.
    public var url: NotificationURL
    /// What deliveries are signed with.
    public var secret: Secret
    public var events: Set<NotificationEvent>
    /// Patterns of names of tasks. Nil: all runs, those of no task as well.
    public var tasks: [NamePattern]?
    /// How a run must have ended to be told of as finished. Nil: in any way.
    public var statuses: Set<RunStatus>?
    public var isEnabled: Bool
    /// Why the server has disabled it, for people.
    public var problem: String?
    public var createTime: Date

    public init(
        name: String, registry: String, url: NotificationURL, secret: Secret, events: Set<NotificationEvent>,
        tasks: [NamePattern]? = nil, statuses: Set<RunStatus>? = nil, isEnabled: Bool = true, problem: String? = nil,
        createTime: Date
    ) {
        self.name = name
        self.registry = registry
        self.url = url
        self.secret = secret
        self.events = events
        self.tasks = tasks
        self.statuses = statuses
        self.isEnabled = isEnabled
        self.problem = problem
        self.createTime = createTime
    }

    /// Whether it is to be told that a run came to a status.
    ///
    /// - Parameter task: that of the run; nil for a run of none.
    public func wants(_ status: RunStatus, of task: String?, in registry: String) -> Bool {
        guard isEnabled, registry.lowercased() == self.registry.lowercased(),
            let event = NotificationEvent(status), events.contains(event)
        else { return false }
        if event == .finished, let statuses, !statuses.contains(status) { return false }
        guard let tasks else { return true }
        return task.map { task in tasks.contains { $0.matches(task) } } ?? false
    }
}
