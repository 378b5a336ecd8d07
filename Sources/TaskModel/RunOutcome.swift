/// How a run ended, as the agent saw it.
public struct RunOutcome: Sendable, Hashable {
    /// What failed, for programs.
    public struct Failure: Sendable, Hashable, Codable {
        public enum Kind: String, Sendable, Hashable, Codable {
            /// The step's own time was over.
            case timeout
            /// The Dockerfile is missing, or names no base.
            case scan
            case push
            /// A file of a volume is no Base64.
            case volume
        }

        /// Nil if none had begun.
        public var step: String?
        /// Of the container or build that failed; nil where there is none.
        public var exitCode: Int?
        public var kind: Kind?

        public init(step: String? = nil, exitCode: Int? = nil, kind: Kind? = nil) {
            self.step = step
            self.exitCode = exitCode
            self.kind = kind
        }
    }

    /// A terminal status.
    public let status: RunStatus
    /// For people; nil when it succeeded.
    public let message: String?
    public let outputImages: [OutputImage]
    public let failure: Failure?
    /// Of what it built, if it succeeded.
    public let dependencies: [ImageDependencies]
    /// What its builds stood on, as far as they came to their ends.
    public var baseImages: [BaseImageRecord]
    /// What its log has not; nil for a log that has all.
    public var logLoss: LogLoss?

    public init(
        status: RunStatus, message: String? = nil, outputImages: [OutputImage] = [], failure: Failure? = nil,
        dependencies: [ImageDependencies] = [], baseImages: [BaseImageRecord] = [], logLoss: LogLoss? = nil
    ) {
        self.status = status
        self.message = message
        self.outputImages = outputImages
        self.failure = failure
        self.dependencies = dependencies
        self.baseImages = baseImages
        self.logLoss = logLoss
    }
}
