/// The payloads of GitHub, which Gitea and Forgejo made their own. Names are as in the documentation of GitHub's webhooks, "Webhook events
/// and payloads".
enum HubPayloads {
    struct Repository: Decodable {
        var id: Int64?
        var cloneUrl: String?
        var sshUrl: String?
        var htmlUrl: String?
        var defaultBranch: String?

        var repository: ForgeRepository {
            ForgeRepository(
                urls: [cloneUrl, sshUrl, htmlUrl].compactMap { $0?.withoutLogin }, defaultBranch: defaultBranch)
        }
    }

    struct Commit: Decodable {
        var id: String
        var message: String?
    }

    struct Push: Decodable {
        var ref: String
        var before: String
        var after: String
        var headCommit: Commit?
        var commits: [Commit]?
        var repository: Repository

        func event() throws(ForgeError) -> PushEvent {
            let ref = try GitNames.ref(ref, "ref")
            let after = try GitNames.commit(after, "after")
            // Of an annotated tag `after` is the tag's own id, and this the commit.
            let head = headCommit ?? commits?.last { $0.id == after }
            let commit =
                try after == nil
                ? nil
                : head.map { head throws(ForgeError) in
                    try GitNames.existingCommit(head.id, "head_commit.id")
                }
            return PushEvent(
                repository: repository.repository, ref: ref, before: try GitNames.commit(before, "before"),
                after: ref.hasPrefix("refs/tags/") ? commit ?? after : after,
                message: commit == nil ? nil : head?.message)
        }
    }

    struct PullRequest: Decodable {
        struct Side: Decodable {
            var ref: String
            var sha: String
            /// Missing if it is gone.
            var repo: Repository?
        }

        struct Details: Decodable {
            var title: String?
            var head: Side
            var base: Side
            /// Gitea tells it.
            var mergeBase: String?
        }

        var action: String
        var number: Int64
        var pullRequest: Details
        var repository: Repository

        func event() throws(ForgeError) -> PullRequestEvent {
            let head = pullRequest.head
            let base = pullRequest.base
            let home = base.repo?.id ?? repository.id
            // Gitea takes a request without a fork from everybody who may read: `git push origin HEAD:refs/for/main/topic`.
            let isFork = head.repo?.id == nil || head.repo?.id != home || head.ref.hasPrefix("refs/")
            var mergeBase: String?
            if let commit = pullRequest.mergeBase, !commit.isEmpty {
                mergeBase = try GitNames.commit(commit, "pull_request.merge_base")
            }
            return PullRequestEvent(
                action: PullRequestEvent.Action(hub: action), repository: repository.repository, number: "\(number)",
                head: try GitNames.existingCommit(head.sha, "pull_request.head.sha"), ref: "refs/pull/\(number)/head",
                targetBranch: try GitNames.branch(base.ref, "pull_request.base.ref"),
                base: try GitNames.commit(base.sha, "pull_request.base.sha"),
                mergeBase: mergeBase,
                isFork: isFork, title: pullRequest.title?.asTitle)
        }
    }
}

extension PullRequestEvent.Action {
    fileprivate init(hub name: String) {
        self =
            switch name {
            case "opened": .opened
            case "synchronize", "synchronized": .synchronized
            case "reopened": .reopened
            default: .other(name.asLabel)
            }
    }
}
