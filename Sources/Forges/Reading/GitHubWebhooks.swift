import Foundation
import TaskModel

/// Deliveries of GitHub and GitHub Enterprise: signed in `X-Hub-Signature-256`, named in `X-GitHub-Event`.
struct GitHubWebhooks: WebhookReading {
    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool {
        webhook.isSigned(in: "x-hub-signature-256", after: "sha256=", with: secret)
    }

    func deliveryID(of webhook: Webhook) -> String? { webhook.id(in: "x-github-delivery") }

    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent] {
        switch webhook.headers["x-github-event"] {
        case "ping"?: [.ping]
        case "push"?: [.push(try webhook.decode(HubPayloads.Push.self).event())]
        case "pull_request"?: [.pullRequest(try webhook.decode(HubPayloads.PullRequest.self).event())]
        case let name?: [.other(name.asLabel)]
        case nil: throw .unreadable("it has no header X-GitHub-Event")
        }
    }
}
