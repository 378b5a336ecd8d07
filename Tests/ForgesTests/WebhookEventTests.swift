import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Forges

/// What is read out of each forge's deliveries.
struct WebhookEventTests {
    @Test func `Gitea tells from which commit on a pull request goes its own way`() throws {
        let payload = Payload(forge: .gitea, file: "pull-request-opened", event: "pull_request")
        guard case .pullRequest(let request)? = try ForgeKind.gitea.webhooks.events(in: payload.webhook()).first else {
            Issue.record("no pull request")
            return
        }

        #expect(request.mergeBase == String(repeating: "a1", count: 20))
    }

    @Test(
        arguments: [
            (Payload(forge: .gitHub, file: "ping", event: "ping"), ["ping"]),
            (
                .init(forge: .gitHub, file: "push", event: "push"),
                [#"push refs/heads/main a1→b2 "Add the evening ferry""#]
            ),
            (
                .init(forge: .gitHub, file: "push-new-branch", event: "push"),
                [#"push refs/heads/feature/lamp -→b2 "Add the evening ferry""#]
            ),
            (.init(forge: .gitHub, file: "push-forced", event: "push"), [#"push refs/heads/main a1→c3 "Begin again""#]),
            (
                .init(forge: .gitHub, file: "push-merge", event: "push"),
                [#"push refs/heads/main a1→b2 "Merge pull request #7 from harbour/lamp""#]
            ),
            (
                .init(forge: .gitHub, file: "push-tag", event: "push"),
                [#"push refs/tags/v1.0 -→b2 "Add the evening ferry""#]
            ),
            (.init(forge: .gitHub, file: "delete-branch", event: "push"), ["push refs/heads/old a1→-"]),
            (
                .init(forge: .gitHub, file: "pull-request-opened", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitHub, file: "pull-request-synchronize", event: "pull_request"),
                ["pr 7 synchronized b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitHub, file: "pull-request-reopened", event: "pull_request"),
                ["pr 7 reopened b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitHub, file: "pull-request-labeled", event: "pull_request"),
                ["pr 7 (labeled) b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitHub, file: "pull-request-closed", event: "pull_request"),
                ["pr 7 (closed) b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitHub, file: "pull-request-fork", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1 fork"]
            ),
            (
                .init(forge: .gitHub, file: "pull-request-fork-gone", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1 fork"]
            ),
            (.init(forge: .gitHub, file: "star", event: "star"), ["other star"]),
            (.init(forge: .gitLab, file: "push"), [#"push refs/heads/main a1→b2 "Add the evening ferry""#]),
            (.init(forge: .gitLab, file: "push-new-branch"), ["push refs/heads/feature/lamp -→b2"]),
            (.init(forge: .gitLab, file: "push-forced"), [#"push refs/heads/main a1→c3 "Begin again""#]),
            (
                .init(forge: .gitLab, file: "push-merge"),
                [#"push refs/heads/main a1→b2 "Merge branch 'lamp' into 'main'""#]
            ),
            (.init(forge: .gitLab, file: "push-tag"), [#"push refs/tags/v1.0 -→b2 "Add the evening ferry""#]),
            (.init(forge: .gitLab, file: "delete-branch"), ["push refs/heads/old a1→-"]),
            (
                .init(forge: .gitLab, file: "merge-request-opened"),
                ["pr 7 opened b2 refs/merge-requests/7/head for main -"]
            ),
            (
                .init(forge: .gitLab, file: "merge-request-synchronized"),
                ["pr 7 synchronized b2 refs/merge-requests/7/head for main -"]
            ),
            (
                .init(forge: .gitLab, file: "merge-request-reopened"),
                ["pr 7 reopened b2 refs/merge-requests/7/head for main -"]
            ),
            (
                .init(forge: .gitLab, file: "merge-request-labelled"),
                ["pr 7 (update) b2 refs/merge-requests/7/head for main -"]
            ),
            (
                .init(forge: .gitLab, file: "merge-request-merged"),
                ["pr 7 (merge) b2 refs/merge-requests/7/head for main -"]
            ),
            (
                .init(forge: .gitLab, file: "merge-request-fork"),
                ["pr 7 opened b2 refs/merge-requests/7/head for main - fork"]
            ),
            (
                .init(forge: .gitLab, file: "merge-request-fork-gone"),
                ["pr 7 opened b2 refs/merge-requests/7/head for main - fork"]
            ),
            (.init(forge: .gitLab, file: "note"), ["other note"]),
        ] as [(Payload, [String])])
    func `GitHub's and GitLab's deliveries tell what happened`(payload: Payload, outlines: [String]) throws {
        let events = try payload.forge.webhooks.events(in: payload.webhook())

        #expect(events.map(\.outline) == outlines)
    }

    @Test(
        arguments: [
            (Payload(forge: .gitea, file: "test", event: "push"), ["ping"]),
            (
                .init(forge: .gitea, file: "push", event: "push"),
                [#"push refs/heads/main a1→b2 "Add the evening ferry""#]
            ),
            (.init(forge: .gitea, file: "push-new-branch", event: "push"), ["push refs/heads/feature/lamp -→b2"]),
            (.init(forge: .gitea, file: "push-forced", event: "push"), [#"push refs/heads/main a1→c3 "Begin again""#]),
            (
                .init(forge: .gitea, file: "push-merge", event: "push"),
                [#"push refs/heads/main a1→b2 "Merge pull request 'Lamp' (#7)""#]
            ),
            (
                .init(forge: .gitea, file: "push-tag", event: "push"),
                [#"push refs/tags/v1.0 -→b2 "Add the evening ferry""#]
            ),
            (.init(forge: .gitea, file: "delete-branch", event: "delete"), ["push refs/heads/old -→-"]),
            (.init(forge: .gitea, file: "create", event: "create"), ["other create"]),
            (
                .init(forge: .gitea, file: "pull-request-opened", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitea, file: "pull-request-synchronized", event: "pull_request"),
                ["pr 7 synchronized b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitea, file: "pull-request-reopened", event: "pull_request"),
                ["pr 7 reopened b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitea, file: "pull-request-labelled", event: "pull_request"),
                ["pr 7 (label_updated) b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitea, file: "pull-request-closed", event: "pull_request"),
                ["pr 7 (closed) b2 refs/pull/7/head for main a1"]
            ),
            (
                .init(forge: .gitea, file: "pull-request-fork", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1 fork"]
            ),
            (
                .init(forge: .gitea, file: "pull-request-fork-gone", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1 fork"]
            ),
            // Pushed to refs/for/main by somebody who may only read.
            (
                .init(forge: .gitea, file: "pull-request-agit", event: "pull_request"),
                ["pr 7 opened b2 refs/pull/7/head for main a1 fork"]
            ),
            (.init(forge: .azureRepos, file: "test"), ["ping"]),
            (.init(forge: .azureRepos, file: "push"), [#"push refs/heads/main a1→b2 "Add the evening ferry""#]),
            (
                .init(forge: .azureRepos, file: "push-several"),
                [#"push refs/heads/main a1→b2 "Add the evening ferry""#, "push refs/heads/feature/lamp -→c3"]
            ),
            (.init(forge: .azureRepos, file: "push-forced"), [#"push refs/heads/main a1→c3 "Begin again""#]),
            (.init(forge: .azureRepos, file: "push-merge"), [#"push refs/heads/main a1→b2 "Merged PR 7: Lamp""#]),
            (.init(forge: .azureRepos, file: "push-tag"), ["push refs/tags/v1.0 -→7a"]),
            (.init(forge: .azureRepos, file: "delete-branch"), ["push refs/heads/old a1→-"]),
            (.init(forge: .azureRepos, file: "pull-request-created"), ["pr 7 opened b2 refs/heads/lamp for main a1"]),
            (
                .init(forge: .azureRepos, file: "pull-request-pushed"),
                ["pr 7 synchronized b2 refs/heads/lamp for main a1"]
            ),
            (
                .init(forge: .azureRepos, file: "pull-request-reactivated"),
                ["pr 7 reopened b2 refs/heads/lamp for main a1"]
            ),
            (.init(forge: .azureRepos, file: "pull-request-voted"), ["pr 7 (updated) b2 refs/heads/lamp for main a1"]),
            (
                .init(forge: .azureRepos, file: "pull-request-completed"),
                ["pr 7 (completed) b2 refs/heads/lamp for main a1"]
            ),
            (
                .init(forge: .azureRepos, file: "pull-request-fork"),
                ["pr 7 opened b2 refs/pull/7/merge for main a1 fork"]
            ),
            (.init(forge: .azureRepos, file: "build-complete"), ["other build.complete"]),
        ] as [(Payload, [String])])
    func `Gitea's and Azure's deliveries tell what happened`(payload: Payload, outlines: [String]) throws {
        let events = try payload.forge.webhooks.events(in: payload.webhook())

        #expect(events.map(\.outline) == outlines)
    }

    @Test(
        arguments: [
            (
                Payload(forge: .bitbucket, file: "push", event: "repo:push"),
                [#"push refs/heads/main a1→b2 "Add the evening ferry""#]
            ),
            (
                .init(forge: .bitbucket, file: "push-several", event: "repo:push"),
                [#"push refs/heads/main a1→b2 "Add the evening ferry""#, #"push refs/heads/feature/lamp -→c3 "Lamp""#]
            ),
            (
                .init(forge: .bitbucket, file: "push-forced", event: "repo:push"),
                [#"push refs/heads/main a1→c3 "Begin again""#]
            ),
            (
                .init(forge: .bitbucket, file: "push-merge", event: "repo:push"),
                [#"push refs/heads/main a1→b2 "Merged in lamp (pull request #7)""#]
            ),
            (
                .init(forge: .bitbucket, file: "push-tag", event: "repo:push"),
                [#"push refs/tags/v1.0 -→b2 "Add the evening ferry""#]
            ),
            (.init(forge: .bitbucket, file: "delete-branch", event: "repo:push"), ["push refs/heads/old a1→-"]),
            (
                .init(forge: .bitbucket, file: "pull-request", event: "pullrequest:created"),
                ["pr 7 opened b2 refs/heads/lamp for main -"]
            ),
            (
                .init(forge: .bitbucket, file: "pull-request", event: "pullrequest:updated"),
                ["pr 7 synchronized b2 refs/heads/lamp for main -"]
            ),
            (
                .init(forge: .bitbucket, file: "pull-request", event: "pullrequest:approved"),
                ["pr 7 (approved) b2 refs/heads/lamp for main -"]
            ),
            (
                .init(forge: .bitbucket, file: "pull-request", event: "pullrequest:fulfilled"),
                ["pr 7 (fulfilled) b2 refs/heads/lamp for main -"]
            ),
            (
                .init(forge: .bitbucket, file: "pull-request-fork", event: "pullrequest:created"),
                ["pr 7 opened b2 refs/heads/lamp for main - fork"]
            ),
            (
                .init(forge: .bitbucket, file: "pull-request-fork-gone", event: "pullrequest:created"),
                ["pr 7 opened b2 refs/heads/lamp for main - fork"]
            ),
            (.init(forge: .bitbucket, file: "push", event: "repo:fork"), ["other repo:fork"]),
            (.init(forge: .bitbucketDataCenter, file: "ping", event: "diagnostics:ping"), ["ping"]),
            (
                .init(forge: .bitbucketDataCenter, file: "push", event: "repo:refs_changed"),
                [#"push refs/heads/main a1→b2 "Add the evening ferry""#]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "push-several", event: "repo:refs_changed"),
                ["push refs/heads/main a1→b2", "push refs/heads/feature/lamp -→c3"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "push-forced", event: "repo:refs_changed"),
                [#"push refs/heads/main a1→c3 "Begin again""#]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "push-merge", event: "repo:refs_changed"),
                [#"push refs/heads/main a1→b2 "Pull request #7: Lamp""#]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "push-tag", event: "repo:refs_changed"),
                ["push refs/tags/v1.0 -→b2"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "delete-branch", event: "repo:refs_changed"),
                ["push refs/heads/old a1→-"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "pull-request-opened", event: "pr:opened"),
                ["pr 7 opened b2 refs/pull-requests/7/from for main a1"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "pull-request-updated", event: "pr:from_ref_updated"),
                ["pr 7 synchronized b2 refs/pull-requests/7/from for main a1"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "pull-request-modified", event: "pr:modified"),
                ["pr 7 (modified) b2 refs/pull-requests/7/from for main a1"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "pull-request-merged", event: "pr:merged"),
                ["pr 7 (merged) b2 refs/pull-requests/7/from for main a1"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "pull-request-fork", event: "pr:opened"),
                ["pr 7 opened b2 refs/pull-requests/7/from for main a1 fork"]
            ),
            (
                .init(forge: .bitbucketDataCenter, file: "pull-request-fork-gone", event: "pr:opened"),
                ["pr 7 opened b2 refs/pull-requests/7/from for main a1 fork"]
            ),
            (.init(forge: .bitbucketDataCenter, file: "push", event: "repo:forked"), ["other repo:forked"]),
        ] as [(Payload, [String])])
    func `Bitbucket's deliveries tell what happened`(payload: Payload, outlines: [String]) throws {
        let events = try payload.forge.webhooks.events(in: payload.webhook())

        #expect(events.map(\.outline) == outlines)
    }

    @Test(arguments: [
        (Payload(forge: .gitHub, file: "push", event: "push"), "https://github.com/Harbour/Ferry"),
        (.init(forge: .gitLab, file: "push"), "git@gitlab.com:harbour/quay/ferry.git"),
        (.init(forge: .gitea, file: "push", event: "push"), "https://codeberg.org/harbour/ferry.git"),
        (.init(forge: .azureRepos, file: "push"), "https://harbour.visualstudio.com/Quay%20Works/_git/Ferry"),
        (.init(forge: .bitbucket, file: "push", event: "repo:push"), "https://pilot@bitbucket.org/harbour/ferry.git"),
        (
            .init(forge: .bitbucketDataCenter, file: "push", event: "repo:refs_changed"),
            "ssh://git@git.harbour.example:7999/quay/ferry.git"
        ),
        (
            .init(forge: .bitbucketDataCenter, file: "push-without-links", event: "repo:refs_changed"),
            "https://git.harbour.example/scm/QUAY/ferry.git"
        ),
    ])
    func `a delivery's repository is known by any of its URLs`(payload: Payload, url: String) throws {
        let event = try #require(try payload.forge.webhooks.events(in: payload.webhook()).first)
        let repository = try #require(event.repository)

        #expect(repository.isSame(as: url, on: payload.forge))
        #expect(!repository.isSame(as: url.replacingOccurrences(of: "erry", with: "og"), on: payload.forge))
        #expect(!repository.urls.contains { $0.hasPrefix("https://") && $0.contains("@") })
    }

    @Test func `a push tells the default branch and a pull request its title`() throws {
        let push = Payload(forge: .gitHub, file: "push", event: "push")
        let request = Payload(forge: .azureRepos, file: "pull-request-created")

        let pushes = try ForgeKind.gitHub.webhooks.events(in: push.webhook())
        let requests = try ForgeKind.azureRepos.webhooks.events(in: request.webhook())

        #expect(pushes.first?.repository?.defaultBranch == "main")
        #expect(requests.first?.repository?.defaultBranch == "main")
        guard case .pullRequest(let event)? = requests.first else { throw Missing() }
        #expect(event.title == "Lamp at the pier")
    }

    @Test func `a form holds the payload in a field`() throws {
        let json = String(decoding: try Payload(forge: .gitHub, file: "push").body(), as: UTF8.self)
        let field = try #require(json.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let webhook = Payload.webhook(
            .gitHub, event: "push", body: Array("a=1&payload=\(field)".utf8),
            ["content-type": "application/x-www-form-urlencoded"])

        #expect(ForgeKind.gitHub.webhooks.isAuthentic(webhook, secret: Payload.secret))
        #expect(try ForgeKind.gitHub.webhooks.events(in: webhook).count == 1)
    }

    @Test func `Azure's own mark tells new commits from votes`() throws {
        let payload = Payload(forge: .azureRepos, file: "pull-request-voted")
        let webhook = try payload.webhook([AzureWebhooks.mark.header: AzureWebhooks.mark.pushes])

        let events = try ForgeKind.azureRepos.webhooks.events(in: webhook)

        #expect(events.map(\.outline) == ["pr 7 synchronized b2 refs/heads/lamp for main a1"])
    }

    private struct Missing: Error {}
}
