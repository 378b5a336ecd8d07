import Contexts
import Forges
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// What a forge tells, and the runs that follow.
struct SourceTriggerTests {
    @Test func `D8 a push makes a run of its commit, wherever the branch leads by then`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(context: "app.git#main:sub", branch: "main")
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            try await fixture.git.commit(["a": "2"], to: "refs/heads/main", in: "app.git")

            let delivery = try await fixture.deliver(
                fixture.push("refs/heads/main", after: commit, message: "Title\n\nBody"), to: hook)

            let run = try #require(try await fixture.runs().first)
            #expect(delivery.outcome == "started \(run.id)")
            #expect(delivery.runs == ["\(run.id)"])
            #expect(run.source == SourceRevision(commit: commit, branch: "main"))
            #expect(run.request.common.sourceLocation == fixture.git.url("app.git#main:sub"))
            #expect(run.submittedBy == "author")
            guard case .source(let event)? = run.trigger else {
                Issue.record("no trigger")
                return
            }
            #expect(event.title == "Title")
            #expect(event.kind == .commit && event.branch == "main" && event.commit == commit)
            #expect(event.forge == .gitHub && event.id == "\(delivery.id)")
        }
    }

    @Test func `D8 a commit of which a forge tells the first digits alone is completed, or makes no run`() async throws
    {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask()
            let trigger = try #require(task.triggers.source.first)
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/topic", in: "app.git")
            let change = SourceChange(
                id: "1", kind: .pullRequest, commit: String(commit.prefix(12)), ref: "refs/heads/topic", branch: "main",
                pullRequest: "7", defaultBranch: "main", forge: .bitbucket)

            let first = try await fixture.trigger().start(task, trigger, by: change)
            try await fixture.git.commit(["a": "2"], to: "refs/heads/topic", in: "app.git")
            let late = try await fixture.trigger().start(task, trigger, by: change)

            let run = try #require(try await fixture.runs().first)
            #expect(first.text == "started \(run.id)")
            #expect(run.source?.commit == commit)
            #expect(late.text == "not run: its branch leads to another commit by now")
        }
    }

    @Test func `D5 a commit makes one run of a task, also with another delivery id and with polling`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            await fixture.poller().lookAtDue()
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")

            let first = try await fixture.deliver(fixture.push("refs/heads/main", after: commit, id: "d1"), to: hook)
            let second = try await fixture.deliver(fixture.push("refs/heads/main", after: commit, id: "d2"), to: hook)
            fixture.time.pass(.seconds(7200))
            await fixture.poller().lookAtDue()

            #expect(first.outcome == "started ca1")
            #expect(second.outcome == "had its run before: ca1")
            #expect(second.runs == ["ca1"])
            #expect(try await fixture.runs().count == 1)
        }
    }

    @Test(arguments: [
        ("refs/heads/topic", "not run: branch 'topic' is not watched"),
        ("refs/tags/v1", "not run: tag 'v1' is not watched"),
        ("refs/notes/x", "not run: refs/notes/x is no branch or tag"),
    ])
    func `master means the default branch where the context names none`(ref: String, outcome: String) async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(branch: "master")
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")

            let other = try await fixture.deliver(fixture.push(ref, after: commit, id: "d1"), to: hook)
            let own = try await fixture.deliver(fixture.push("refs/heads/main", after: commit, id: "d2"), to: hook)

            #expect(other.outcome == outcome)
            #expect(own.outcome == "started ca1")
        }
    }

    @Test func `patterns say which branches and tags are watched, and a tag's own commit runs`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(
                filter: SourceFilter(branches: ["release/**", "!release/old/**"], tags: ["v*"]))
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/release/1", in: "app.git")
            try await fixture.git.git(["tag", "-a", "-m", "note", "v1", commit], in: "app.git")
            let tag = try await fixture.git.git(["rev-parse", "refs/tags/v1"], in: "app.git")

            var outcomes: [String?] = []
            for (index, (ref, id)) in [
                ("refs/heads/main", commit), ("refs/heads/release/old/2", commit), ("refs/heads/release/1", commit),
                ("refs/tags/v1", tag), ("refs/tags/other", commit),
            ].enumerated() {
                // As a forge tells of an annotated tag: by its own id, and without a commit.
                let webhook = try fixture.webhook(
                    "push",
                    [
                        "ref": ref, "before": String(repeating: "0", count: 40), "after": id,
                        "repository": ["clone_url": fixture.git.url("app.git"), "default_branch": "main"],
                    ], id: "d\(index)")
                outcomes.append(try await fixture.deliver(webhook, to: hook).outcome)
            }

            #expect(
                outcomes == [
                    "not run: branch 'main' is not watched", "not run: branch 'release/old/2' is not watched",
                    "started ca1", "started ca2", "not run: tag 'other' is not watched",
                ])
            #expect(try await fixture.runs().map(\.source?.commit) == [commit, commit])
            #expect(
                try await fixture.runs().last?.request.common.sourceLocation
                    == fixture.git.url("app.git#refs/tags/v1"))
        }
    }

    @Test func `a list without patterns is as none`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(
                branch: "main", filter: SourceFilter(branches: [], tags: [], paths: []))
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.git(["rev-parse", "main"], in: "app.git")

            let tag = try await fixture.deliver(fixture.push("refs/tags/v1", after: commit, id: "1"), to: hook)
            let topic = try await fixture.deliver(fixture.push("refs/heads/topic", after: commit, id: "2"), to: hook)
            let main = try await fixture.deliver(fixture.push("refs/heads/main", after: commit, id: "3"), to: hook)

            #expect(tag.outcome == "not run: tag 'v1' is not watched")
            #expect(topic.outcome == "not run: branch 'topic' is not watched")
            #expect(main.outcome == "started ca1")
        }
    }

    @Test func `D8 context and trigger are one repository also on a forge of one's own, however they are written`()
        async throws
    {
        try await SourceFixture.with { fixture in
            try await fixture.git.make("team/app.git")
            let task = try await fixture.writeTask(context: "team/app.git") { task in
                task.triggers.source[0].repositoryURL = fixture.git.url("Team/App.git")
            }
            let host = String(fixture.git.origin.dropFirst("http://".count))
            let trigger = SourceTrigger(
                fixture.environment, repositories: fixture.repositories,
                forges: ForgeDirectory([ForgeHost(host: host, kind: .gitea)]))
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "team/app.git")

            _ = try await trigger.start(
                task, task.triggers.source[0],
                by: SourceChange(
                    id: "1", kind: .commit, commit: commit, ref: "refs/heads/main", branch: "main", message: "m",
                    defaultBranch: "main"))

            #expect(try await fixture.runs().map(\.source?.commit) == [commit])
        }
    }

    @Test func `marks in the whole message keep a commit from running, unless they mean nothing`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask("web")
            try await fixture.writeTask("eager", filter: SourceFilter(ignoresSkipMarks: true))
            let hook = try await fixture.putHook()
            for (index, mark) in ["[skip ci]", "[CI skip]", "[no ci]", "[skip slipway]", "***NO_CI***"].enumerated() {
                let commit = try await fixture.git.commit(
                    ["a": "\(index)"], to: "refs/heads/main", message: "Title\n\nBody \(mark)", in: "app.git")
                let told = try await fixture.deliver(
                    fixture.push("refs/heads/main", after: commit, message: "Title\n\nBody \(mark)", id: "t\(index)"),
                    to: hook)
                #expect(told.outcome == "not run: the commit's message says \(mark.lowercased())")
            }
            let task = try #require(try await fixture.tasks.find("eager", in: "local01"))
            let head = try await fixture.git.git(["rev-parse", "main"], in: "app.git")

            let outcome = try await fixture.trigger().start(
                task, task.triggers.source[0],
                by: SourceChange(id: "x", kind: .commit, commit: head, ref: "refs/heads/main", branch: "main"))
            let web = try #require(try await fixture.tasks.find("web", in: "local01"))
            let unknown = try await fixture.trigger().start(
                web, web.triggers.source[0],
                by: SourceChange(id: "x", kind: .commit, commit: head, ref: "refs/heads/main", branch: "main"))

            #expect(outcome.text == "started ca1")
            #expect(unknown.text == "not run: the commit's message says ***no_ci***")
        }
    }

    @Test func `paths say what must have changed, and what can't be told apart runs`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask("web", filter: SourceFilter(paths: ["**", "!docs/**"]))
            try await fixture.writeTask(
                "folder", context: "app.git#main:sub", branch: "main", filter: SourceFilter(onlyContextFolder: true))
            let web = try await fixture.putHook()
            let base = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            let docs = try await fixture.git.commit(["docs/a.md": "1"], to: "refs/heads/main", in: "app.git")
            let code = try await fixture.git.commit(["sub/a": "1"], to: "refs/heads/main", in: "app.git")
            let folder = try #require(try await fixture.tasks.find("folder", in: "local01"))
            func change(_ commit: String, since base: String?) -> SourceChange {
                SourceChange(
                    id: "x", kind: .commit, commit: commit, ref: "refs/heads/main", branch: "main", base: base,
                    message: "m")
            }
            func deliver(_ before: String?, _ after: String, _ id: String) async throws -> String? {
                try await fixture.deliver(
                    fixture.push("refs/heads/main", before: before, after: after, id: id), to: web
                ).outcome
            }

            #expect(try await deliver(base, docs, "d1") == "not run: no path that is watched has changed")
            #expect(try await deliver(base, code, "d2") == "started ca1")
            // A push that was forced: nobody has what was there before.
            #expect(try await deliver(String(repeating: "1", count: 40), docs, "d3") == "started ca2")
            let outside = try await fixture.trigger().start(
                folder, folder.triggers.source[0], by: change(docs, since: base))
            let inside = try await fixture.trigger().start(
                folder, folder.triggers.source[0], by: change(code, since: docs))
            #expect(outside.text == "not run: no path that is watched has changed")
            #expect(inside.text == "started ca3")
        }
    }

    @Test func `what a pull request changes is told from the last commit that it shares, where a forge tells that`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask(filter: SourceFilter(paths: ["sub/**"]))
            let shared = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            try await fixture.git.git(["update-ref", "refs/heads/topic", shared], in: "app.git")
            let docs = try await fixture.git.commit(["docs/a.md": "1"], to: "refs/heads/topic", in: "app.git")
            let tip = try await fixture.git.commit(["sub/a": "1"], to: "refs/heads/main", in: "app.git")
            var change = SourceChange(
                id: "x", kind: .pullRequest, commit: docs, ref: "refs/heads/topic", branch: "main", base: tip,
                mergeBase: shared, pullRequest: "7", message: "m", defaultBranch: "main")

            let known = try await fixture.trigger().start(task, task.triggers.source[0], by: change)
            change.mergeBase = nil
            let unknown = try await fixture.trigger().start(task, task.triggers.source[0], by: change)

            #expect(known.text == "not run: no path that is watched has changed")
            #expect(unknown.text == "started ca1")
        }
    }

    @Test func `what rests, what was deleted and what is of another repository starts nothing`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            func deliver(_ webhook: Webhook) async throws -> String? {
                try await fixture.deliver(webhook, to: hook).outcome
            }

            #expect(try await deliver(fixture.webhook("ping", ["zen": "x"], id: "1")) == "ping: the hook works")
            #expect(
                try await deliver(fixture.push("refs/heads/main", after: nil, id: "2"))
                    == "not run: refs/heads/main was deleted")
            #expect(
                try await deliver(
                    fixture.webhook(
                        "push",
                        [
                            "ref": "refs/heads/main", "before": commit, "after": commit,
                            "repository": ["clone_url": fixture.git.url("other.git")],
                        ], id: "3")) == "not run: it is of another repository")
            #expect(
                try await deliver(fixture.webhook("star", [:], id: "4")) == "not run: 'star' starts no task")
            #expect(try await deliver(fixture.webhook("push", [:], id: "5"))?.hasPrefix("not run: ") == true)
            #expect(
                try await deliver(fixture.pullRequest("labeled", head: commit, base: commit, fork: false, id: "6"))
                    == "not run: 'labeled' of a pull request starts no task")
            try await fixture.writeTask(events: ["pullrequest"])
            #expect(
                try await deliver(fixture.push("refs/heads/main", after: commit, id: "7"))
                    == "not run: the trigger takes no commits")
            try await fixture.writeTask { $0.triggers.source[0].isEnabled = false }
            #expect(
                try await deliver(fixture.push("refs/heads/main", after: commit, id: "8"))
                    == "not run: the trigger is disabled")
            try await fixture.writeTask { $0.isEnabled = false }
            #expect(
                try await deliver(fixture.push("refs/heads/main", after: commit, id: "9"))
                    == "not run: the task is disabled")
            _ = try await fixture.tasks.delete("web", in: "local01")
            #expect(
                try await deliver(fixture.push("refs/heads/main", after: commit, id: "10"))
                    == "not run: the task or its trigger is gone")
            #expect(try await fixture.runs().isEmpty)
        }
    }

    @Test func `a pull request runs its last commit, by the branch that it is for`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let base = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            let head = try await fixture.git.commit(
                ["a": "1"], to: "refs/pull/7/head", parent: base, in: "app.git")

            let delivery = try await fixture.deliver(
                fixture.pullRequest("synchronize", head: head, base: base, fork: false), to: hook)

            let run = try #require(try await fixture.runs().first)
            #expect(delivery.outcome == "started ca1")
            #expect(run.source?.commit == head)
            #expect(run.request.common.sourceLocation == fixture.git.url("app.git#refs/pull/7/head"))
            #expect(!run.isRestricted)
            guard case .source(let event)? = run.trigger else {
                Issue.record("no trigger")
                return
            }
            #expect(event.pullRequest == "7" && event.title == "A change" && event.branch == "main")
        }
    }

    @Test func `T13 what can't be done now is done later: a full queue, a git server that is away`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            let full = fixture.deliveries(fixture.environment(maxQueued: 0))
            let taken = try #require(try await full.take(fixture.push("refs/heads/main", after: commit), to: hook))

            try await fixture.worker(full).workOnDue()
            let waiting = try await full.show("\(taken.delivery.id)", in: fixture.registry)
            fixture.time.pass(.seconds(10))
            try await fixture.worker(fixture.deliveries()).workOnDue()
            let done = try await full.show("\(taken.delivery.id)", in: fixture.registry)

            #expect(waiting.state == .pending && waiting.attempts == 1)
            #expect(waiting.outcome?.contains("runs wait already") == true)
            #expect(done.state == .done && done.outcome == "started ca1")
        }
    }

    @Test func `N5 a process that ends between the run and the note of it makes no second run`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            let deliveries = fixture.deliveries()
            let webhook = try fixture.push("refs/heads/main", after: commit)
            let taken = try #require(try await deliveries.take(webhook, to: hook))
            // All that the process did before it ended.
            _ = try await deliveries.work(for: hook.kind)?.carryOut(webhook, id: taken.delivery.id, to: hook)

            try await fixture.worker(fixture.deliveries()).workOnDue()

            let delivery = try await deliveries.show("\(taken.delivery.id)", in: fixture.registry)
            #expect(delivery.outcome == "had its run before: ca1")
            #expect(delivery.runs == ["ca1"])
            #expect(try await fixture.runs().count == 1)
        }
    }

    @Test func `a trigger of another repository on the same server logs in there as the context does`() async throws {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask { task in
                guard case .docker(var step) = task.step else { return }
                step.context = TaskContext(
                    location: Secret("https://git.example.test/app.git"), accessToken: Secret("t0ken"))
                task.step = .docker(step)
                task.triggers.source[0].repositoryURL = "https://git.example.test/other.git"
            }
            var elsewhere = task.triggers.source[0]
            elsewhere.repositoryURL = "https://elsewhere.example.test/other.git"

            #expect(task.repository(of: task.triggers.source[0], on: nil)?.written.value.contains("t0ken") == true)
            #expect(task.repository(of: elsewhere, on: nil)?.written.value.contains("t0ken") == false)
        }
    }

    @Test func `a branch whose name begins with a dash has its run`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(filter: SourceFilter(branches: ["**"]))
            let hook = try await fixture.putHook()
            let commit = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            try await fixture.git.git(["update-ref", "refs/heads/-x", commit], in: "app.git")

            let delivery = try await fixture.deliver(fixture.push("refs/heads/-x", after: commit), to: hook)

            #expect(delivery.outcome == "started ca1")
            let location = try await fixture.runs().first?.request.common.sourceLocation
            #expect(location == fixture.git.url("app.git#refs/heads/-x"))
        }
    }
}
