public import Foundation
public import Storage
public import TaskModel

/// How the triggers of a task stand: what is set up, what they saw last, what comes next.
public struct TriggerState: Sendable, Hashable {
    public var sources: [Source] = []
    public var timers: [Timer] = []
    public var baseImages: [BaseImage] = []
    /// Why ``baseImages`` are not all, for people; nil if they are.
    public var baseImageProblem: String?

    public init() {}

    /// Of one source trigger.
    public struct Source: Sendable, Hashable {
        public var trigger: String
        /// Nil for a git server that nothing else is known of: it is only asked for its refs.
        public var forge: ForgeKind?
        public var hook: Hook?
        public var polling: Polling?
    }

    /// What a forge calls.
    public struct Hook: Sendable, Hashable {
        public var standing: Storage.Hook.Standing
        public var url: String
        /// For those who may see secrets.
        public var secret: Secret?
        public var problem: String?
        public var checkTime: Date?
        public var lastDeliveryTime: Date?
    }

    /// Looking at the repository from time to time.
    public struct Polling: Sendable, Hashable {
        public var lastTime: Date?
        public var nextTime: Date?
        public var problem: String?
    }

    public struct Timer: Sendable, Hashable {
        public var timer: String
        /// The next ones, soonest first; none for a timer that rests.
        public var next: [Date]
        public var last: Date?
        public var lastRun: RunID?
        /// What became of the last one, if it made no run.
        public var note: String?
    }

    /// An image whose changes make runs of the task.
    public struct BaseImage: Sendable, Hashable {
        public enum Origin: String, Sendable, Hashable {
            /// A reading of the Dockerfile.
            case dockerfile
            /// The record of the task's last successful run.
            case run
        }

        /// With a tag.
        public var image: String
        public var use: BaseImageRecord.Use
        public var origin: Origin
        /// Nil before it was seen.
        public var digest: String?
        public var lastCheckTime: Date?
        public var nextCheckTime: Date?
        public var problem: String?
    }
}
