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
            let waiting = try await fixture.polls.watches(of: "web", in: "local01").first?.watch
            #expect(waiting?.problem?.contains("still to be acted on") == true)
            #expect(try await fixture.runs().isEmpty)

            await look(fixture, after: .seconds(600))
            await look(fixture, after: .seconds(3600))

            #expect(try await fixture.runs().count == 1)
            #expect(try await fixture.polls.watches(of: "web", in: "local01").first?.watch.problem == nil)
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

    @Test func `a repository whose hook works is looked at once an hour`() async throws {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask()
            _ = try await fixture.putHook(standing: .installed)
            await look(fixture, after: .zero)

            let state = try #require(try await fixture.poller().states(of: task)["source"])

            #expect(state.nextTime?.timeIntervalSince(state.lastTime ?? .distantPast) == 3600)
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
