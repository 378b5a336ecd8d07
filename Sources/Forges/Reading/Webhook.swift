public import struct Foundation.Date
public import TaskModel

/// A delivery as it came, before anything of it is believed.
public struct Webhook: Sendable {
    /// By name in lower case; of several of one name the first.
    public let headers: [String: String]
    public let body: [UInt8]

    public init(headers: [String: String], body: [UInt8]) {
        self.headers = headers
        self.body = body
    }
}

/// How deliveries of one kind of forge are read.
public protocol WebhookReading: Sendable {
    /// Whether the delivery was made by someone who knows the hook's secret: over the raw bytes, in constant time.
    ///
    /// - Parameter now: a forge that signs the time of its deliveries may be off by five minutes.
    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool

    /// The forge's own id of the delivery, the same when it is sent again; nil where it gives none.
    func deliveryID(of webhook: Webhook) -> String?

    /// - Throws: ``ForgeError/unreadable(_:)`` naming what is missing.
    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent]
}

extension WebhookReading {
    /// At the present time.
    public func isAuthentic(_ webhook: Webhook, secret: Secret) -> Bool {
        isAuthentic(webhook, secret: secret, at: Date())
    }
}

extension ForgeKind {
    /// What reads its deliveries.
    public var webhooks: any WebhookReading {
        switch self {
        case .gitHub: GitHubWebhooks()
        case .gitLab: GitLabWebhooks()
        case .gitea: GiteaWebhooks()
        case .azureRepos: AzureWebhooks()
        case .bitbucket: BitbucketWebhooks()
        case .bitbucketDataCenter: DataCenterWebhooks()
        }
    }
}
