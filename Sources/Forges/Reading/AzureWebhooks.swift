import Foundation
import TaskModel

/// Deliveries of service hooks of Azure Repos and Azure DevOps Server: with HTTP Basic, the secret being the password; named in `eventType`.
struct AzureWebhooks: WebhookReading {
    /// With what our own subscriptions for new commits in a pull request mark their deliveries: nothing else in these tells them from those
    /// of votes and comments but a text for people.
    static let mark = (header: "x-slipway-event", pushes: "pull-request-push")

    /// Any user will do: it is no secret.
    func isAuthentic(_ webhook: Webhook, secret: Secret, at now: Date) -> Bool {
        guard !secret.value.isEmpty, let login = webhook.headers["authorization"],
            login.lowercased().hasPrefix("basic "),
            let pair = Data(
                base64Encoded: String(login.dropFirst("basic ".count)).trimmingCharacters(in: .whitespaces)),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return false }
        let password = String(decoding: pair[pair.index(after: colon)...], as: UTF8.self)
        return Webhook(headers: ["password": password], body: []).hasText(secret.value, in: "password")
    }

    func deliveryID(of webhook: Webhook) -> String? {
        guard let head = try? webhook.decode(Head.self, named: .asWritten) else { return nil }  // it has none then
        return head.id.flatMap(Webhook.id)
    }

    func events(in webhook: Webhook) throws(ForgeError) -> [ForgeEvent] {
        let head = try webhook.decode(Head.self, named: .asWritten)
        // The button for tests sends what happened at a company that does not exist.
        if head.subscriptionId == "00000000-0000-0000-0000-000000000000" { return [.ping] }
        switch head.eventType {
        case "git.push":
            return try webhook.decode(Push.self, named: .asWritten).resource.events().map { .push($0) }
        case "git.pullrequest.created", "git.pullrequest.updated", "git.pullrequest.merged":
            let action = action(of: webhook, head)
            let request = try webhook.decode(PullRequest.self, named: .asWritten).resource
            return [.pullRequest(try request.event(action))]
        case let name?: return [.other(name.asLabel)]
        case nil: throw .unreadable("eventType is missing")
        }
    }

    private func action(of webhook: Webhook, _ head: Head) -> PullRequestEvent.Action {
        let text = head.message?.text ?? ""
        switch head.eventType {
        case "git.pullrequest.created"?: return .opened
        case "git.pullrequest.updated"?:
            if webhook.headers[Self.mark.header] == Self.mark.pushes || text.contains("updated the source branch") {
                return .synchronized
            }
            return text.contains("reactivated") ? .reopened : .other("updated")
        default: return .other(head.eventType?.asLabel ?? "none")
        }
    }

    private struct Head: Decodable {
        struct Message: Decodable {
            var text: String?
        }

        var id: String?
        var subscriptionId: String?
        var eventType: String?
        var message: Message?
    }

    private struct Repository: Decodable {
        var id: String?
        var remoteUrl: String?
        var sshUrl: String?
        var webUrl: String?
        var defaultBranch: String?

        func repository() throws(ForgeError) -> ForgeRepository {
            ForgeRepository(
                urls: [remoteUrl, sshUrl, webUrl].compactMap { $0?.withoutLogin },
                defaultBranch: try defaultBranch.map { name throws(ForgeError) in
                    try GitNames.branch(name, "resource.repository.defaultBranch")
                })
        }
    }

    private struct Push: Decodable {
        struct Update: Decodable {
            var name: String
            var oldObjectId: String?
            var newObjectId: String?
        }

        struct Commit: Decodable {
            var commitId: String
            var comment: String?
        }

        struct Resource: Decodable {
            var refUpdates: [Update]
            var commits: [Commit]?
            var repository: Repository

            func events() throws(ForgeError) -> [PushEvent] {
                var events: [PushEvent] = []
                for update in refUpdates {
                    let after = try update.newObjectId.map { id throws(ForgeError) in
                        try GitNames.commit(id, "refUpdates.newObjectId")
                    }
                    let before = try update.oldObjectId.map { id throws(ForgeError) in
                        try GitNames.commit(id, "refUpdates.oldObjectId")
                    }
                    events.append(
                        PushEvent(
                            repository: try repository.repository(),
                            ref: try GitNames.ref(update.name, "refUpdates.name"), before: before ?? nil,
                            after: after ?? nil, message: commits?.first { $0.commitId == after }?.comment))
                }
                return events
            }
        }

        var resource: Resource
    }

    private struct PullRequest: Decodable {
        struct Commit: Decodable {
            var commitId: String?
        }

        /// There for pull requests from forks alone.
        struct Fork: Decodable {
            var repository: Repository?
        }

        struct Resource: Decodable {
            var repository: Repository
            var pullRequestId: Int64
            var status: String?
            var title: String?
            var sourceRefName: String
            var targetRefName: String
            var lastMergeSourceCommit: Commit?
            var lastMergeTargetCommit: Commit?
            var forkSource: Fork?

            func event(_ action: PullRequestEvent.Action) throws(ForgeError) -> PullRequestEvent {
                PullRequestEvent(
                    action: status.map { $0 == "active" } ?? true ? action : .other(status?.asLabel ?? ""),
                    repository: try repository.repository(), number: "\(pullRequestId)",
                    head: try GitNames.existingCommit(
                        lastMergeSourceCommit?.commitId, "resource.lastMergeSourceCommit.commitId"),
                    // There is no ref for the head of one from a fork, only for its merge, in whose history the head is.
                    ref: forkSource == nil
                        ? try GitNames.ref(sourceRefName, "resource.sourceRefName")
                        : "refs/pull/\(pullRequestId)/merge",
                    targetBranch: try GitNames.branch(targetRefName, "resource.targetRefName"),
                    base: try lastMergeTargetCommit?.commitId.map { id throws(ForgeError) in
                        try GitNames.existingCommit(id, "resource.lastMergeTargetCommit.commitId")
                    }, isFork: forkSource != nil, title: title?.asTitle)
            }
        }

        var resource: Resource
    }
}
