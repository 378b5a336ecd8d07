public import TaskModel

/// Ours: how the triggers of a task stand. Not in lists, and ignored when a task is written.
public struct TriggerStateProperties: Codable, Sendable, Hashable {
    public var sources: [Source]?
    public var timers: [Timer]?
    public var baseImages: [BaseImage]?
    /// Why these are not all, for people.
    public var baseImageProblem: String?

    public init() {}

    public struct Source: Codable, Sendable, Hashable {
        public var name: String?
        /// `github`, `gitlab`, …; missing for a git server that is only asked for its refs.
        public var forge: String?
        public var hook: Hook?
        public var polling: Polling?

        public init() {}
    }

    public struct Hook: Codable, Sendable, Hashable {
        /// `installed`, `manual`, `pending` or `failed`.
        public var status: String?
        public var url: String?
        /// In the answer to whoever writes the task, and in `listDetails`.
        public var secret: Secret?
        public var problem: String?
        public var checkTime: Timestamp?
        public var lastDeliveryTime: Timestamp?

        public init() {}
    }

    public struct Polling: Codable, Sendable, Hashable {
        public var lastTime: Timestamp?
        public var nextTime: Timestamp?
        public var problem: String?

        public init() {}
    }

    public struct Timer: Codable, Sendable, Hashable {
        public var name: String?
        public var nextOccurrences: [Timestamp]?
        public var lastOccurrence: Timestamp?
        public var lastRunId: String?
        public var note: String?

        public init() {}
    }

    public struct BaseImage: Codable, Sendable, Hashable {
        public var image: String?
        /// `runtime`, `buildtime` or `syntax`.
        public var use: String?
        /// `dockerfile` or `run`.
        public var origin: String?
        public var digest: String?
        public var lastCheckTime: Timestamp?
        public var nextCheckTime: Timestamp?
        public var problem: String?

        public init() {}
    }
}
