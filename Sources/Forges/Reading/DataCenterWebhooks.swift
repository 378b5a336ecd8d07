import Foundation
import TaskModel

/// Deliveries of Bitbucket Data Center and Server: signed in `X-Hub-Signature`, named in `X-Event-Key`.
struct DataCenterWebhooks: WebhookReading {
    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool {
        webhook.isSigned(in: "x-hub-signature", after: "sha256=", with: secret)
    }

    func deliveryID(of webhook: Webhook) -> String? { webhook.id(in: "x-request-id") }

    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent] {
        switch webhook.headers["x-event-key"] {
        case "diagnostics:ping"?: return [.ping]
        case "repo:refs_changed"?:
            return try webhook.decode(Push.self, named: .asWritten).events().map { .push($0) }
        case let name? where name.hasPrefix("pr:"):
            let action: PullRequestEvent.Action =
                switch name {
                case "pr:opened": .opened
                case "pr:from_ref_updated": .synchronized
                case "pr:reopened": .reopened
                default: .other(String(name.dropFirst("pr:".count)).asLabel)
                }
            return [.pullRequest(try webhook.decode(PullRequest.self, named: .asWritten).event(action))]
        case let name?: return [.other(name.asLabel)]
        case nil: throw .unreadable("it has no header X-Event-Key")
        }
    }

    private struct Repository: Decodable {
        struct Project: Decodable {
            var key: String
        }

        struct Link: Decodable {
            var href: String
        }

        struct Links: Decodable {
            var clone: [Link]?
            var `self`: [Link]?
        }

        var id: Int64?
        var slug: String
        var project: Project
        var links: Links?

        /// Older servers name no host: what remains then is the path.
        var repository: ForgeRepository {
            let urls = ((links?.clone ?? []) + (links?.`self` ?? [])).map(\.href.withoutLogin)
            return ForgeRepository(urls: urls.isEmpty ? ["/scm/\(project.key)/\(slug).git"] : urls)
        }
    }

    private struct Push: Decodable {
        struct Ref: Decodable {
            var id: String
        }

        struct Change: Decodable {
            var ref: Ref
            var fromHash: String
            var toHash: String
        }

        struct Commit: Decodable {
            var id: String
            var message: String?
        }

        var repository: Repository
        var changes: [Change]
        var commits: [Commit]?
        var toCommit: Commit?

        func events() throws(ForgeError) -> [PushEvent] {
            var events: [PushEvent] = []
            let known = (commits ?? []) + (toCommit.map { [$0] } ?? [])
            for change in changes {
                let after = try GitNames.commit(change.toHash, "changes.toHash")
                events.append(
                    PushEvent(
                        repository: repository.repository, ref: try GitNames.ref(change.ref.id, "changes.ref.id"),
                        before: try GitNames.commit(change.fromHash, "changes.fromHash"), after: after,
                        message: known.first { $0.id == after }?.message))
            }
            return events
        }
    }

    private struct PullRequest: Decodable {
        struct Side: Decodable {
            var id: String
            var latestCommit: String?
            var repository: Repository?
        }

        struct Details: Decodable {
            var id: Int64
            var title: String?
            var fromRef: Side
            var toRef: Side
        }

        var pullRequest: Details

        func event(_ action: PullRequestEvent.Action) throws(ForgeError) -> PullRequestEvent {
            let source = pullRequest.fromRef
            let target = pullRequest.toRef
            guard let home = target.repository else { throw .unreadable("pullRequest.toRef.repository is missing") }
            return PullRequestEvent(
                action: action, repository: home.repository, number: "\(pullRequest.id)",
                head: try GitNames.existingCommit(source.latestCommit, "pullRequest.fromRef.latestCommit"),
                ref: "refs/pull-requests/\(pullRequest.id)/from",
                targetBranch: try GitNames.branch(target.id, "pullRequest.toRef.id"),
                base: try target.latestCommit.map { id throws(ForgeError) in
                    try GitNames.existingCommit(id, "pullRequest.toRef.latestCommit")
                },
                isFork: source.repository?.id == nil || source.repository?.id != home.id,
                title: pullRequest.title?.asTitle)
        }
    }
}
