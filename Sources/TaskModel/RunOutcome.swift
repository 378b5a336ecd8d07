/// How a run ended, as the agent saw it.
public struct RunOutcome: Sendable, Hashable {
    /// A terminal status.
    public let status: RunStatus
    /// For people; nil when it succeeded.
    public let message: String?
    public let outputImages: [OutputImage]

    public init(status: RunStatus, message: String? = nil, outputImages: [OutputImage] = []) {
        self.status = status
        self.message = message
        self.outputImages = outputImages
    }
}
