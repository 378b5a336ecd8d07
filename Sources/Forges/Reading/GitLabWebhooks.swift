import Foundation
import TaskModel

/// Deliveries of GitLab: with the secret itself in `X-Gitlab-Token`, or signed where the hook has a signing token; named in `object_kind`.
struct GitLabWebhooks: WebhookReading {
    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool {
        if webhook.headers["webhook-signature"] != nil { return webhook.isSignedWithTime(with: secret, at: now) }
        return !secret.value.isEmpty && webhook.hasText(secret.value, in: "x-gitlab-token")
    }

    /// The event's UUID is shared by all that follow from one another; the key is one delivery's, and that of its repetitions.
    func deliveryID(of webhook: Webhook) -> String? {
        webhook.id(in: "idempotency-key") ?? webhook.id(in: "webhook-id") ?? webhook.id(in: "x-gitlab-event-uuid")
    }

    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent] {
        switch try webhook.decode(Kind.self).objectKind {
        case "push", "tag_push": [.push(try webhook.decode(Push.self).event())]
        case "merge_request": [.pullRequest(try webhook.decode(MergeRequest.self).event())]
        case let name?: [.other(name.asLabel)]
        case nil: throw .unreadable("object_kind is missing")
        }
    }

    private struct Kind: Decodable {
        var objectKind: String?
    }

    private struct Project: Decodable {
        var gitHttpUrl: String?
        var gitSshUrl: String?
        var webUrl: String?
        var defaultBranch: String?

        var repository: ForgeRepository {
            ForgeRepository(
                urls: [gitHttpUrl, gitSshUrl, webUrl].compactMap { $0?.withoutLogin }, defaultBranch: defaultBranch)
        }
    }

    private struct Commit: Decodable {
        var id: String
        var message: String?
    }

    private struct Push: Decodable {
        var ref: String
        var before: String
        var after: String
        /// Of an annotated tag the commit, where `after` is the tag's own id. Null when the ref is gone.
        var checkoutSha: String?
        var project: Project
        var commits: [Commit]?

        func event() throws(ForgeError) -> PushEvent {
            let after = try GitNames.commit(after, "after")
            var head = after
            if after != nil, let checkoutSha { head = try GitNames.existingCommit(checkoutSha, "checkout_sha") }
            return PushEvent(
                repository: project.repository, ref: try GitNames.ref(ref, "ref"),
                before: try GitNames.commit(before, "before"), after: head,
                message: commits?.last { $0.id == head }?.message)
        }
    }

    private struct MergeRequest: Decodable {
        struct Attributes: Decodable {
            var iid: Int64
            var action: String?
            var title: String?
            var targetBranch: String
            var sourceProjectId: Int64?
            var targetProjectId: Int64?
            var lastCommit: Commit?
            /// The commit before, if there are other ones in it now.
            var oldrev: String?
        }

        var project: Project
        var objectAttributes: Attributes

        func event() throws(ForgeError) -> PullRequestEvent {
            let request = objectAttributes
            return PullRequestEvent(
                action: action, repository: project.repository, number: "\(request.iid)",
                head: try GitNames.existingCommit(request.lastCommit?.id, "object_attributes.last_commit.id"),
                ref: "refs/merge-requests/\(request.iid)/head",
                targetBranch: try GitNames.branch(request.targetBranch, "object_attributes.target_branch"),
                isFork: request.sourceProjectId == nil || request.sourceProjectId != request.targetProjectId,
                title: request.title?.asTitle)
        }

        private var action: PullRequestEvent.Action {
            switch objectAttributes.action {
            case "open"?: .opened
            case "reopen"?: .reopened
            case "update"? where objectAttributes.oldrev != nil: .synchronized
            case let name: .other(name?.asLabel ?? "none")
            }
        }
    }
}
