import Foundation
import TaskModel

/// Deliveries of Bitbucket Cloud: signed in `X-Hub-Signature`, named in `X-Event-Key`.
struct BitbucketWebhooks: WebhookReading {
    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool {
        webhook.isSigned(in: "x-hub-signature", after: "sha256=", with: secret)
    }

    func deliveryID(of webhook: Webhook) -> String? { webhook.id(in: "x-request-uuid") }

    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent] {
        switch webhook.headers["x-event-key"] {
        case "repo:push"?: return try webhook.decode(Push.self).events().map { .push($0) }
        case let name? where name.hasPrefix("pullrequest:"):
            // Comments and approvals have a pull request in them as well.
            let action: PullRequestEvent.Action =
                switch name {
                case "pullrequest:created": .opened
                case "pullrequest:updated": .synchronized
                default: .other(String(name.dropFirst("pullrequest:".count)).asLabel)
                }
            return [.pullRequest(try webhook.decode(PullRequest.self).event(action))]
        case let name?: return [.other(name.asLabel)]
        case nil: throw .unreadable("it has no header X-Event-Key")
        }
    }

    private struct Links: Decodable {
        struct Link: Decodable {
            var href: String?
        }

        var html: Link?
    }

    private struct Branch: Decodable {
        var name: String
    }

    private struct Repository: Decodable {
        var uuid: String?
        var fullName: String?
        var links: Links?
        var mainbranch: Branch?

        var repository: ForgeRepository {
            ForgeRepository(
                urls: [links?.html?.href, fullName.map { "https://bitbucket.org/\($0)" }].compactMap {
                    $0?.withoutLogin
                },
                defaultBranch: mainbranch?.name)
        }
    }

    private struct Commit: Decodable {
        var hash: String
        var message: String?
    }

    private struct Push: Decodable {
        struct Ref: Decodable {
            /// `branch`, `tag`, `named_branch` and others.
            var type: String
            var name: String
            var target: Commit

            func fullName() throws(ForgeError) -> String {
                try GitNames.ref(name, below: type.contains("tag") ? "refs/tags/" : "refs/heads/", "push.changes.name")
            }
        }

        struct Change: Decodable {
            var new: Ref?
            var old: Ref?
        }

        struct Details: Decodable {
            var changes: [Change]
        }

        var push: Details
        var repository: Repository

        func events() throws(ForgeError) -> [PushEvent] {
            var events: [PushEvent] = []
            for change in push.changes {
                guard let ref = change.new ?? change.old else { continue }
                let before = try change.old.map { ref throws(ForgeError) in
                    try GitNames.existingCommit(ref.target.hash, "push.changes.old.target.hash")
                }
                let after = try change.new.map { ref throws(ForgeError) in
                    try GitNames.existingCommit(ref.target.hash, "push.changes.new.target.hash")
                }
                events.append(
                    PushEvent(
                        repository: repository.repository, ref: try ref.fullName(), before: before, after: after,
                        message: change.new?.target.message))
            }
            return events
        }
    }

    private struct PullRequest: Decodable {
        struct Side: Decodable {
            var branch: Branch
            var commit: Commit?
            /// Missing if it is gone.
            var repository: Repository?
        }

        struct Details: Decodable {
            var id: Int64
            var title: String?
            var source: Side
            var destination: Side
        }

        var pullrequest: Details
        var repository: Repository

        func event(_ action: PullRequestEvent.Action) throws(ForgeError) -> PullRequestEvent {
            let source = pullrequest.source
            let home = (pullrequest.destination.repository ?? repository)
            let isFork =
                source.repository?.fullName == nil
                || source.repository?.fullName?.lowercased() != home.fullName?.lowercased()
            return PullRequestEvent(
                action: action, repository: repository.repository, number: "\(pullrequest.id)",
                head: try Self.commit(source.commit?.hash, "pullrequest.source.commit.hash"),
                // Bitbucket Cloud has no refs for pull requests.
                ref: try GitNames.ref(source.branch.name, below: "refs/heads/", "pullrequest.source.branch.name"),
                targetBranch: try GitNames.branch(
                    pullrequest.destination.branch.name, "pullrequest.destination.branch.name"),
                isFork: isFork, title: pullrequest.title?.asTitle)
        }

        /// Of pull requests Bitbucket tells the first digits of a commit alone, twelve of them.
        private static func commit(_ text: String?, _ what: String) throws(ForgeError) -> String {
            guard let text, (7...64).contains(text.utf8.count), GitNames.isHexadecimal(text) else {
                throw .unreadable("\(what) is no commit")
            }
            return text.lowercased()
        }
    }
}
