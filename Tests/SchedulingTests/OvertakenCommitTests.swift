import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// Commits that are worked on after others that were told of later.
struct OvertakenCommitTests {
    @Test func `D8 a commit that had to wait makes no run after a later one of its branch, unless it is replayed`()
        async throws
    {
        try await SourceFixture.with { fixture in
            try await fixture.writeTask()
            let hook = try await fixture.putHook()
            let first = try await fixture.git.commit(["a": "1"], to: "refs/heads/main", in: "app.git")
            let full = fixture.deliveries(fixture.environment(maxQueued: 0))
            let waiting = try #require(
                try await full.take(fixture.push("refs/heads/main", after: first, id: "d1"), to: hook)
            ).delivery
            try await fixture.worker(full).workOnDue()
            fixture.time.pass(.seconds(1))
            let second = try await fixture.git.commit(["a": "2"], to: "refs/heads/main", in: "app.git")

            let later = try await fixture.deliver(fixture.push("refs/heads/main", after: second, id: "d2"), to: hook)
            fixture.time.pass(.seconds(60))
            try await fixture.worker(fixture.deliveries()).workOnDue()
            let overtaken = try await full.show("\(waiting.id)", in: fixture.registry)
            _ = try await full.replay("\(waiting.id)", in: fixture.registry)
            try await fixture.worker(fixture.deliveries()).workOnDue()
            let replayed = try await full.show("\(waiting.id)", in: fixture.registry)

            #expect(later.outcome == "started ca1")
            #expect(overtaken.outcome == "not run: a later commit of its branch had its run before: ca1")
            #expect(replayed.outcome == "started ca2")
        }
    }

    @Test func `a commit that had to wait runs after commits of other branches, and after those that came before`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask(filter: SourceFilter(branches: ["**"]))
            let trigger = try #require(task.triggers.source.first)
            func change(_ letter: String, _ ref: String, _ seconds: TimeInterval) -> SourceChange {
                SourceChange(
                    id: "1", kind: .commit, commit: String(repeating: letter, count: 40), ref: ref,
                    branch: String(ref.dropFirst("refs/heads/".count)), message: "m", defaultBranch: "main",
                    toldTime: fixture.time.date + seconds - 60)
            }

            var outcomes: [String] = []
            for change in [
                change("a", "refs/heads/main", 0), change("b", "refs/heads/old/main", 5),
                change("c", "refs/heads/main", 2),
                change("d", "refs/heads/main", 1), change("c", "refs/heads/main", 9),
            ] { outcomes.append(try await fixture.trigger().start(task, trigger, by: change).text) }

            #expect(
                outcomes == [
                    "started ca1", "started ca2", "started ca3",
                    "not run: a later commit of its branch had its run before: ca3", "had its run before: ca3",
                ])
        }
    }

    @Test func `a commit is overtaken by none of another repository, of a replay, or of a clock that was ahead`()
        async throws
    {
        try await SourceFixture.with { fixture in
            let task = try await fixture.writeTask()
            var trigger = try #require(task.triggers.source.first)
            func start(_ letter: String, _ seconds: TimeInterval?) async throws -> String {
                let change = SourceChange(
                    id: "1", kind: .commit, commit: String(repeating: letter, count: 40), ref: "refs/heads/main",
                    branch: "main", message: "m", defaultBranch: "main",
                    toldTime: seconds.map { fixture.time.date + $0 })
                return try await fixture.trigger().start(task, trigger, by: change).text
            }

            let replayed = try await start("a", nil)
            let waiting = try await start("b", -60)
            let ahead = try await start("c", 3600)
            let after = try await start("d", -30)
            trigger.repositoryURL = fixture.git.url("other.git")
            let other = try await start("e", -45)

            #expect([replayed, waiting, ahead, after, other] == (1...5).map { "started ca\($0)" })
        }
    }
}
