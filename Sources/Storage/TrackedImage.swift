public import Foundation
public import TaskModel

/// A task by its names.
public struct TaskKey: Sendable, Hashable {
    public let registry: String
    public let task: String

    public init(registry: String, task: String) {
        self.registry = registry
        self.task = task
    }
}

/// An image whose changes make runs of a task.
public struct TrackedImage: Sendable, Hashable {
    /// How it came to be known that the task stands on it.
    public enum Origin: String, Sendable, Hashable {
        /// A reading of the Dockerfile.
        case dockerfile
        /// The record of the task's last successful run.
        case run
    }

    /// With a tag, without a digest.
    public let image: ImageReference
    public let use: BaseImageRecord.Use
    public let origin: Origin
    /// What it is asked for with: empty for what the server itself has for its registry, else ``taskLogin(_:)``.
    public let login: String
    /// What the task stands on; nil for what the registry is found to have.
    public let digest: String?

    public init(
        image: ImageReference, use: BaseImageRecord.Use, origin: Origin, login: String = "", digest: String? = nil
    ) {
        self.image = image
        self.use = use
        self.origin = origin
        self.login = login
        self.digest = digest
    }

    /// The login of a task that brings one of its own for the image's registry.
    public static func taskLogin(_ task: TaskKey) -> String { "\(task.registry)/\(task.task)" }
}

/// How a tracked image of a task stands.
public struct TrackedImageState: Sendable, Hashable {
    /// What the task stands on.
    public let tracked: TrackedImage
    /// What the registry had when it was asked last.
    public let digest: String?
    public let lastCheckTime: Date?
    public let nextCheckTime: Date?
    public let problem: String?
    /// Why the last change made no run, for people.
    public let note: String?
}

/// An image that is to be asked for.
public struct ImageCheck: Sendable, Hashable {
    public let image: ImageReference
    /// See ``TrackedImage/login``.
    public let login: String
    /// Times that the registry did not tell, one after another.
    public let failures: Int
    /// Whether somebody said that it has changed.
    public let isUrgent: Bool
}

/// A task with a base image trigger, of which it is to be read what it stands on.
public struct UnreadTask: Sendable, Hashable {
    public let key: TaskKey
    public let kind: BaseImageTriggerDefinition.Kind
    /// When the task was changed last.
    public let changeTime: Date
    /// Times that it could not be read, one after another.
    public let failures: Int
    /// The place among the changes of runs of the last one that told what the task stands on; 0 if none did.
    let lastRecord: Int64
}
