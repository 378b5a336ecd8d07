public import TaskModel

/// `PUT /agent/v1/leases/L/outcome`.
public struct OutcomeRequest: Codable, Sendable {
    public struct Image: Codable, Sendable {
        public var registry: String
        public var repository: String
        public var tag: String?
        public var digest: String

        public init(_ image: OutputImage) {
            registry = image.registry
            repository = image.repository
            tag = image.tag
            digest = image.digest
        }
    }

    public struct Base: Codable, Sendable {
        public var step: String
        public var platform: Platform?
        public var registry: String
        public var repository: String
        public var tag: String?
        public var namedDigest: String?
        public var use: String
        public var digest: String?
        public var source: String?
        public var registryDigest: String?
        public var problem: String?

        init(_ record: BaseImageRecord) {
            step = record.step
            platform = record.platform
            registry = record.image.registry
            repository = record.image.repository
            tag = record.image.tag
            namedDigest = record.image.digest
            use = record.use.rawValue
            digest = record.digest
            source = record.source?.rawValue
            registryDigest = record.registryDigest
            problem = record.problem
        }

        /// Nil for one of a kind that this version does not know.
        var record: BaseImageRecord? {
            BaseImageRecord.Use(rawValue: use).map { use in
                BaseImageRecord(
                    step: step, platform: platform,
                    image: ImageReference(
                        registry: registry, repository: repository, tag: tag, digest: namedDigest),
                    use: use, digest: digest, source: source.flatMap(BaseImageRecord.Source.init),
                    registryDigest: registryDigest, problem: problem)
            }
        }
    }

    public var status: String
    public var message: String?
    public var outputImages: [Image]?
    public var failure: RunOutcome.Failure?
    public var dependencies: [ImageDependencies]?
    public var baseImages: [Base]?
    public var logLoss: LogLoss?
    /// Bytes in this agent's stream.
    public var logLength: Int64

    public init(_ outcome: RunOutcome, logLength: Int64) {
        status = outcome.status.rawValue
        message = outcome.message
        outputImages = outcome.outputImages.map(Image.init)
        failure = outcome.failure
        dependencies = outcome.dependencies
        baseImages = outcome.baseImages.map(Base.init)
        logLoss = outcome.logLoss
        self.logLength = logLength
    }

    /// - Throws: ``AgentProtocolError`` for a status that ends no run.
    public func outcome() throws -> RunOutcome {
        guard let status = RunStatus(rawValue: status), status.isTerminal else {
            throw AgentProtocolError.unreadable("the status of the outcome")
        }
        return RunOutcome(
            status: status, message: message,
            outputImages: (outputImages ?? []).map {
                OutputImage(registry: $0.registry, repository: $0.repository, tag: $0.tag, digest: $0.digest)
            }, failure: failure, dependencies: dependencies ?? [], baseImages: (baseImages ?? []).compactMap(\.record),
            logLoss: logLoss)
    }
}
