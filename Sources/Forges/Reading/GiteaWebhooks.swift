import Foundation
import TaskModel

/// Deliveries of Gitea and Forgejo: signed in `X-Gitea-Signature` or `X-Forgejo-Signature`, named in the header of that kind.
///
/// A branch or tag that goes is told as `delete`, with its short name. A new one is told twice, as `create` and as `push`: only the latter counts.
struct GiteaWebhooks: WebhookReading {
    private static let brands = ["x-forgejo", "x-gitea"]

    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool {
        guard let header = Self.brands.map({ "\($0)-signature" }).first(where: { webhook.headers[$0] != nil }) else {
            return false
        }
        return webhook.isSigned(in: header, with: secret)
    }

    func deliveryID(of webhook: Webhook) -> String? {
        Self.brands.lazy.compactMap { webhook.id(in: "\($0)-delivery") }.first
    }

    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent] {
        switch Self.brands.lazy.compactMap({ webhook.headers["\($0)-event"] }).first {
        case "push"?:
            let push = try webhook.decode(HubPayloads.Push.self)
            // A push that moves nothing is what the button for tests sends.
            return [push.before == push.after ? .ping : .push(try push.event())]
        case "delete"?: return [.push(try webhook.decode(Deletion.self).event())]
        case "pull_request"?: return [.pullRequest(try webhook.decode(HubPayloads.PullRequest.self).event())]
        case let name?: return [.other(name.asLabel)]
        case nil: throw .unreadable("it has neither X-Gitea-Event nor X-Forgejo-Event")
        }
    }

    private struct Deletion: Decodable {
        var ref: String
        var refType: String
        var repository: HubPayloads.Repository

        func event() throws(ForgeError) -> PushEvent {
            let prefix = refType == "tag" ? "refs/tags/" : "refs/heads/"
            return PushEvent(
                repository: repository.repository, ref: try GitNames.ref(ref, below: prefix, "ref"), after: nil)
        }
    }
}
