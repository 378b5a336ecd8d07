import Crypto
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// Looks at repositories that nobody tells of.
struct RepositoryPollTests {
    private func look(_ fixture: SourceFixture, after duration: Duration = .seconds(301)) async {
        fixture.time.pass(duration)
        await fixture.poller().lookAtDue()
    }

    @Test func `a new commit on the branch starts the task, what was there before does not`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(branch: "master")
            await look(fixture, after: .zero)
            #expect(try await fixture.runs().isEmpty)
            try await fixture.git.commit(["a": "1"], to: "refs/heads/topic", in: "app.git")
            try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            let commit = try await fixture.git.commit(["a": "2"], to: "refs/heads/main", in: "app.git")

            await look(fixture, after: .seconds(299))
            #expect(try await fixture.runs().isEmpty)
            await look(fixture, after: .seconds(2))
            await look(fixture)

            let runs = try await fixture.runs()
            #expect(runs.map(\.source) == [SourceRevision(commit: commit, branch: "main")])
            guard case .source(let event)? = runs.first?.trigger else {
                Issue.record("no trigger")
                return
            }
            #expect(event.title == "commit" && event.forge == nil && event.ref == "refs/heads/main")
        }
    }

    @Test func `one look serves all tasks of a repository`() async throws {
        try await SourceFixture.with { fixture in
            for name in ["a", "b", "c"] { try await fixture.writeTask(name) }
            await look(fixture, after: .zero)
            let before = fixture.git.requests.count { $0.contains("/info/refs") }
            await look(fixture)

            #expect(before == 1)
            #expect(fixture.git.requests.count { $0.contains("/info/refs") } == 2)
            try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            await look(fixture)
            #expect(Set(try await fixture.runs().map(\.task)) == ["a", "b", "c"])
        }
    }

    @Test func `what a look has found is not noted for a task that was made anew meanwhile`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            await look(fixture, after: .zero)
            let watch = try #require(try await fixture.polls.watches(of: "web", in: "local01").first)
            let seen = try await fixture.polls.seen(by: watch)
            _ = try await fixture.tasks.delete("web", in: "local01")
            try await fixture.writeTask()

            let before = try await fixture.polls.seen(by: watch)
            try await fixture.polls.note(
                ["refs/heads/other": "c"], seenBy: watch, isFirst: seen == nil, problem: nil, at: fixture.time.date)
            let after = try await fixture.polls.seen(by: watch)
            await look(fixture)

            #expect(seen?["refs/heads/main"] != nil)
            #expect(before == nil)
            #expect(after == nil)
            #expect(try await fixture.runs().isEmpty)
        }
    }

    @Test func `N5 a commit that was seen and not acted on before the process ended starts one run after it`()
        async throws
    {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            await look(fixture, after: .zero)
            try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            fixture.time.pass(.seconds(301))
            // It starts nothing: the queue is full. Then another process takes over.
            await fixture.poller(fixture.environment(maxQueued: 0)).lookAtDue()
            let waiting = try await fixture.polls.watches(of: "web", in: "local01").first
            #expect(waiting?.problem?.contains("still to be acted on") == true)
            #expect(try await fixture.runs().isEmpty)

            await look(fixture, after: .seconds(600))
            await look(fixture, after: .seconds(3600))

            #expect(try await fixture.runs().count == 1)
            #expect(try await fixture.polls.watches(of: "web", in: "local01").first?.problem == nil)
        }
    }

    @Test func `a repository that can't be looked at is a state that one sees, and is tried after longer pauses`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask(context: "none.git")
            await look(fixture, after: .zero)
            let first = try #require(try await fixture.poller().states(of: task)["source"])
            await look(fixture)
            let second = try #require(try await fixture.poller().states(of: task)["source"])

            #expect(first.problem?.contains("none.git") == true)
            #expect(first.lastTime != nil)
            let pauses = [first, second].map {
                ($0.nextTime ?? .distantPast).timeIntervalSince($0.lastTime ?? .distantPast)
            }
            #expect(pauses == [300, 600])
            for _ in 0..<8 { await look(fixture, after: .seconds(3600)) }
            let last = try #require(try await fixture.poller().states(of: task)["source"])
            #expect(last.nextTime?.timeIntervalSince(last.lastTime ?? .distantPast) == 3600)
        }
    }

    private func pause(_ fixture: SourceFixture, _ task: TaskDefinition) async throws -> TimeInterval? {
        let state = try #require(try await fixture.poller().states(of: task)["source"])
        return state.nextTime?.timeIntervalSince(state.lastTime ?? .distantPast)
    }

    @Test func `a repository whose hook works is looked at once an hour, as long as it tells of everything`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask()
            let hook = try await fixture.putHook(standing: .installed)
            await look(fixture, after: .zero)
            #expect(try await pause(fixture, task) == 300)

            try await fixture.deliver(fixture.webhook("ping", ["zen": "x"], id: "1"), to: hook)
            await look(fixture)
            #expect(try await pause(fixture, task) == 3600)

            // One of which it does not tell.
            try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            await look(fixture, after: .seconds(3601))
            #expect(try await pause(fixture, task) == 300)
            await look(fixture)
            #expect(try await pause(fixture, task) == 300)

            fixture.time.pass(.seconds(1))
            try await fixture.deliver(fixture.webhook("ping", ["zen": "y"], id: "2"), to: hook)
            await look(fixture)
            #expect(try await pause(fixture, task) == 3600)
        }
    }

    @Test func `a look takes what hooks told as seen, so that filtered pushes stay filtered`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(filter: SourceFilter(paths: ["app/**"]))
            let hook = try await fixture.putHook()
            await look(fixture, after: .zero)
            let base = try await fixture.git.git(["rev-parse", "main"], in: "app.git")
            let app = try await fixture.git.commit(["app/a": "1"], to: "refs/heads/main", in: "app.git")
            let docs = try await fixture.git.commit(["docs/a": "1"], to: "refs/heads/main", in: "app.git")
            try await fixture.deliver(fixture.push("refs/heads/main", before: base, after: app, id: "1"), to: hook)
            try await fixture.deliver(fixture.push("refs/heads/main", before: app, after: docs, id: "2"), to: hook)

            await look(fixture, after: .seconds(3601))

            #expect(try await fixture.runs().map(\.source?.commit) == [app])
        }
    }

    @Test func `a commit of which no run can be made runs when its task is in order again`() async throws {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask { $0.agentPoolName = "gone" }
            await look(fixture, after: .zero)
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            await look(fixture)
            #expect(try await fixture.poller().states(of: task)["source"]?.problem?.contains("'gone'") == true)
            #expect(try await pause(fixture, task) == 300)

            try await fixture.writeTask()
            await look(fixture)

            #expect(try await fixture.runs().map(\.source?.commit) == [commit])
        }
    }

    @Test func `a look that is in vain with one login slows down nobody with another`() async throws {
        try await SourceFixture.with { fixture in
            // No git server at all, at the same address but for the port.
            let bad = try await fixture.writeTask("bad") {
                $0.step = nil
                $0.triggers.source[0].repositoryURL = "http://127.0.0.1:1/app.git"
            }
            let good = try await fixture.writeTask("good")
            await look(fixture, after: .zero)
            await look(fixture)
            #expect(try await pause(fixture, bad) == 600)
            #expect(try await pause(fixture, good) == 300)

            let before = fixture.git.requests.count { $0.contains("/info/refs") }
            await look(fixture)
            #expect(fixture.git.requests.count { $0.contains("/info/refs") } == before + 1)
            #expect(try await pause(fixture, bad) == 600)
        }
    }

    @Test func `a host whose repositories are looked at already hides none of other hosts`() async throws {
        try await SourceFixture.with { fixture in
            for (name, url) in [
                ("a", "https://a.example/x"), ("b", "https://a.example/y"), ("c", "https://c.example/z"),
            ] {
                try await fixture.writeTask(name) { $0.triggers.source[0].repositoryURL = url }
            }

            let due = try await fixture.polls.due(at: fixture.time.date, limit: 1, hosts: ["a.example"])
            let rest = try await fixture.polls.due(at: fixture.time.date, limit: 9, besides: ["a.example/x"])

            #expect(due == ["c.example/z"])
            #expect(Set(rest) == ["a.example/y", "c.example/z"])
        }
    }

    @Test func `a task that can't be read keeps nobody else from being looked for, nor is it tried all the time`()
        async throws
    {
        try await SourceFixture.with { fixture in
            var task = try await fixture.writeTask("good")
            task.name = "broken"
            let broken = task
            let otherKey = SecretBox(key: SymmetricKey(data: Data(repeating: 2, count: 32)))
            _ = try await SQLiteTaskStore(database: fixture.database, box: otherKey).update("broken", in: "local01") {
                _ in broken
            }
            await look(fixture, after: .zero)
            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            await look(fixture)

            #expect(try await fixture.runs().map(\.source?.commit) == [commit])
            let watch = try #require(try await fixture.polls.watches(of: "broken", in: "local01").first)
            #expect(watch.problem?.contains("can't be read") == true)
            #expect(watch.nextTime.timeIntervalSince(fixture.time.date) == 600)
        }
    }

    @Test func `a task that rested, or watches another repository now, begins anew`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.git.make("other.git")
            try await fixture.writeTask()
            await look(fixture, after: .zero)
            try await fixture.writeTask { $0.isEnabled = false }
            try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            fixture.time.pass(.seconds(1))
            try await fixture.writeTask()
            await look(fixture, after: .zero)
            #expect(try await fixture.runs().isEmpty)

            fixture.time.pass(.seconds(1))
            try await fixture.writeTask(context: "other.git")
            await look(fixture, after: .zero)
            await look(fixture)
            #expect(try await fixture.runs().isEmpty)

            let commit = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "other.git")
            await look(fixture)
            #expect(try await fixture.runs().map(\.source?.commit) == [commit])
        }
    }

    @Test func `a new branch runs if it is watched, and a branch that came back is new`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask(filter: SourceFilter(branches: ["main", "release/*"], tags: ["v*"]))
            await look(fixture, after: .zero)
            let commit = try await fixture.git.commit(
                ["a": "1"], to: "refs/heads/release/1", parent: "main", in: "app.git")
            try await fixture.git.git(["tag", "-a", "-m", "note", "v1", commit], in: "app.git")
            await look(fixture)
            try await fixture.git.git(["update-ref", "-d", "refs/heads/release/1"], in: "app.git")
            await look(fixture)
            let again = try await fixture.git.commit(
                ["a": "2"], to: "refs/heads/release/1", parent: "main", in: "app.git")
            await look(fixture)

            #expect(try await fixture.runs().map(\.source?.commit) == [commit, commit, again])
        }
    }

    @Test func `a task that is deleted is looked for no more`() async throws {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            await look(fixture, after: .zero)
            _ = try await fixture.tasks.delete("web", in: "local01")
            let before = fixture.git.requests.count

            await look(fixture)
            await look(fixture)

            #expect(fixture.git.requests.count == before)
            #expect(try await fixture.polls.due(at: .distantFuture, limit: 10).isEmpty)
        }
    }
}
