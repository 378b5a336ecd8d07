/// What a run of a task does.
public enum TaskStep: Sendable, Hashable, Codable {
    case docker(DockerStep)
    case file(FileStep)
    case encoded(EncodedStep)

    /// Builds an image and pushes it.
    public struct DockerStep: Sendable, Hashable, Codable {
        public var context: TaskContext
        public var dockerFilePath: String
        public var imageNames: [String]
        public var isPushEnabled: Bool
        public var noCache: Bool
        public var target: String?
        public var arguments: [BuildArgument]

        public init(
            context: TaskContext, dockerFilePath: String, imageNames: [String], isPushEnabled: Bool, noCache: Bool,
            target: String?, arguments: [BuildArgument]
        ) {
            self.context = context
            self.dockerFilePath = dockerFilePath
            self.imageNames = imageNames
            self.isPushEnabled = isPushEnabled
            self.noCache = noCache
            self.target = target
            self.arguments = arguments
        }
    }

    /// Carries out a task file of the context.
    public struct FileStep: Sendable, Hashable, Codable {
        public var context: TaskContext
        public var taskFilePath: String
        public var valuesFilePath: String?
        public var values: [TaskValue]

        public init(context: TaskContext, taskFilePath: String, valuesFilePath: String?, values: [TaskValue]) {
            self.context = context
            self.taskFilePath = taskFilePath
            self.valuesFilePath = valuesFilePath
            self.values = values
        }
    }

    /// Carries out a task file that stands in the task itself.
    public struct EncodedStep: Sendable, Hashable, Codable {
        /// Without a location there is none.
        public var context: TaskContext
        /// The text of the task file, not encoded.
        public var content: Secret
        public var valuesContent: Secret?
        public var values: [TaskValue]

        public init(context: TaskContext, content: Secret, valuesContent: Secret?, values: [TaskValue]) {
            self.context = context
            self.content = content
            self.valuesContent = valuesContent
            self.values = values
        }
    }

    public var context: TaskContext {
        switch self {
        case .docker(let step): step.context
        case .file(let step): step.context
        case .encoded(let step): step.context
        }
    }
}

/// Where the context of a task is.
public struct TaskContext: Sendable, Hashable, Codable {
    /// A git reference or the URL of an archive; nil for a task without a context.
    public var location: Secret?
    /// What fetches it, if the location does not say.
    public var accessToken: Secret?

    public init(location: Secret?, accessToken: Secret? = nil) {
        self.location = location
        self.accessToken = accessToken
    }
}
