import AgentProtocol
import Distribution
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

@Suite(.enabled(if: TestRegistry.isInstalled, "docker-registry is not installed"))
struct BaseImageTriggerTests {
    private static let tree = [
        "middle": "FROM localhost:5000/base:1", "leaf-a": "FROM localhost:5000/middle:1",
        "leaf-b": "FROM localhost:5000/middle:1",
    ]

    @Test func `a new digest behind a tag makes one run, which names the image`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            let first = try await fixture.updates().count

            try await fixture.push("base", "two")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.settle()

            let updates = try await fixture.updates()
            #expect(first == 0)
            #expect(updates.map(\.task) == ["middle"])
            let digest = try await fixture.triggers.watch.registries.resolve(ImageFixture.image("base")).digest
            #expect(
                updates[0].update.images == [
                    ImageUpdate.Image(registry: "localhost:5000", repository: "base", tag: "1", digest: digest)
                ])
            #expect(updates[0].update.chain == [])
        }
    }

    @Test func `without any notice a change is seen by asking from time to time`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.registry.push("base", tag: "1", content: "two")

            fixture.server.time.pass(.seconds(600))
            try await fixture.settle()
            let early = try await fixture.updates().count
            fixture.server.time.pass(.seconds(600))
            try await fixture.settle()

            #expect(early == 0)
            #expect(try await fixture.updates().map(\.task) == ["middle"])
        }
    }

    @Test func `a tree of images is built anew from the bottom up, each once`() async throws {
        var tree = Self.tree
        tree["both"] = "FROM localhost:5000/middle:1\nCOPY --from=localhost:5000/base:1 / /"
        try await ImageFixture.with(tree) { fixture in
            try await fixture.push("base", "one")
            try await fixture.push("middle", "one")
            try await fixture.settle()

            try await fixture.push("base", "two")
            let names = try await fixture.carryOutAll()

            #expect(names.first == "middle")
            #expect(names.sorted() == ["both", "leaf-a", "leaf-b", "middle"])
            let both = try #require(try await fixture.updates().first { $0.task == "both" })
            #expect(both.update.images.map(\.repository) == ["base", "middle"])
            #expect(both.update.chain == ["local01/middle"])
        }
    }

    @Test func `a task far above waits for all below it`() async throws {
        let dockerfiles = [
            "m1": "FROM localhost:5000/base:1", "m2": "FROM localhost:5000/m1:1",
            "top": "FROM localhost:5000/m2:1\nCOPY --from=localhost:5000/base:1 / /",
        ]
        try await ImageFixture.with(dockerfiles) { fixture in
            for name in ["base", "m1", "m2"] { try await fixture.push(name, "one") }
            try await fixture.settle()

            try await fixture.push("base", "two")
            let names = try await fixture.carryOutAll()

            #expect(names == ["m1", "m2", "top"])
            #expect(try await fixture.updates().last?.update.chain == ["local01/m2", "local01/m1"])
        }
    }

    @Test func `where a run below fails, a task goes on with the changes that it has`() async throws {
        let dockerfiles = [
            "middle": "FROM localhost:5000/base:1",
            "top": "FROM localhost:5000/middle:1\nCOPY --from=localhost:5000/base:1 / /",
        ]
        try await ImageFixture.with(dockerfiles) { fixture in
            for name in ["base", "middle"] { try await fixture.push(name, "one") }
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.settle()
            let task = try #require(try await fixture.tasks.find("top", in: "local01"))
            let waiting = try await fixture.triggers.state(of: task).images.compactMap(\.problem)

            let failed = try await fixture.carryOut(as: .failed)
            let next = try await fixture.carryOutAll()

            #expect(waiting.count == 1)
            #expect(waiting.first?.contains("waits for local01/middle") == true)
            #expect(failed == "middle")
            #expect(next == ["top"])
            #expect(try await fixture.updates().last?.update.images.map(\.repository) == ["base"])
        }
    }

    @Test func `a task is not started by its own work, nor in a circle`() async throws {
        let dockerfiles = [
            "self": "FROM localhost:5000/self:1", "a": "FROM localhost:5000/b:1", "b": "FROM localhost:5000/a:1",
        ]
        try await ImageFixture.with(dockerfiles) { fixture in
            for name in ["self", "a", "b"] { try await fixture.push(name, "one") }
            try await fixture.settle()

            try await fixture.push("self", "two")
            try await fixture.push("a", "two")
            let names = try await fixture.carryOutAll()

            #expect(names.sorted() == ["a", "b", "self"])
            let task = try #require(try await fixture.tasks.find("self", in: "local01"))
            let problem = try await fixture.triggers.state(of: task).images.first?.problem
            #expect(problem?.contains("the task's own work") == true, "\(problem ?? "none")")
        }
    }

    @Test func `only so many runs of changed images are there at once`() async throws {
        let names = (1...5).map { "leaf-\($0)" }
        let dockerfiles = Dictionary(uniqueKeysWithValues: names.map { ($0, "FROM localhost:5000/base:1") })
        try await ImageFixture.with(dockerfiles, settings: ImageTriggerSettings(runs: 2)) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.settle()

            let atOnce = try await fixture.updates().count
            let task = try #require(try await fixture.tasks.find("leaf-5", in: "local01"))
            let problem = try await fixture.triggers.state(of: task).images.first?.problem
            let flow = try await fixture.triggers.trigger.changes.flow()
            let all = try await fixture.carryOutAll()

            #expect(atOnce == 2)
            #expect(flow.runs == [PoolID(name: "default"): 2])
            #expect(problem?.contains("triggers.imageRuns") == true, "\(problem ?? "none")")
            #expect(all.sorted() == names)
        }
    }

    @Test func `a pool whose runs don't go on stops the tasks of no other`() async throws {
        let dockerfiles = Dictionary(
            uniqueKeysWithValues: ["a", "b", "elsewhere"].map { ($0, "FROM localhost:5000/base:1") })
        try await ImageFixture.with(dockerfiles, settings: ImageTriggerSettings(runs: 1)) { fixture in
            fixture.server.time.pass(.seconds(1))
            try await fixture.write("elsewhere") { $0.agentPoolName = "Strict" }
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.settle()

            #expect(try await fixture.updates().map(\.task).sorted() == ["a", "elsewhere"])
        }
    }

    @Test(arguments: [false, true])
    func `a change that the process ended with makes one run`(wasStarted: Bool) async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.look()
            let key = TaskKey(registry: "local01", task: "middle")
            let taken = try await fixture.triggers.trigger.changes.take(key, as: "batch")
            if wasStarted {
                let task = try #require(try await fixture.tasks.find("middle", in: "local01"))
                let update = ImageUpdate(id: "batch", time: fixture.server.time.date, images: [])
                _ = try await TriggeredRuns(fixture.server.environment).start(
                    task, because: RunCause(.image(update), occurrence: "image batch"))
            }
            try await fixture.push("base", "three")

            let names = try await fixture.carryOutAll()

            #expect(taken.count == 1)
            #expect(names == ["middle", "middle"])
            #expect(try await fixture.triggers.trigger.changes.waiting() == [])
        }
    }

    @Test func `a task that can't be read holds up no other`() async throws {
        let dockerfiles = Dictionary(uniqueKeysWithValues: ["a", "b"].map { ($0, "FROM localhost:5000/base:1") })
        try await ImageFixture.with(dockerfiles) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.look()
            try await fixture.server.spoil(task: "a")

            try await fixture.settle()

            #expect(try await fixture.updates().map(\.task) == ["b"])
            #expect(try await fixture.triggers.trigger.changes.waiting() == [])
            let states = try await fixture.triggers.watch.images.images(of: TaskKey(registry: "local01", task: "a"))
            #expect(states.images.map { $0.note?.contains("the task can't be read") } == [true])
        }
    }

    @Test(arguments: ["task", "run"])
    func `a run that can't be followed, as it or its task can't be read, holds up no other`(spoiled: String)
        async throws
    {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.settle()
            _ = try await fixture.carryOut()
            if spoiled == "task" { try await fixture.server.spoil(task: "middle") }
            if spoiled == "run" { try await fixture.server.spoil(run: RunID(sequence: 1)) }

            while try await fixture.triggers.catalog.follow() {}

            let changes = fixture.triggers.catalog.changes
            let place = try await changes.place(of: TrackedImageStore.reader)
            #expect(try await changes.changes(after: 0, limit: 100).last?.sequence == place)
        }
    }

    @Test func `F8 a change that was seen by a clock that was ahead makes its run`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            try await fixture.push("base", "two")
            try await fixture.look()

            fixture.server.time.pass(.seconds(-86_400))
            try await fixture.triggers.trigger.start()

            #expect(try await fixture.updates().map(\.task) == ["middle"])
        }
    }

    @Test func `F8 images are asked for from time to time also when the clock was put back`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            fixture.server.time.pass(.seconds(86_400))
            try await fixture.settle()
            try await fixture.registry.push("base", tag: "1", content: "two")

            fixture.server.time.pass(.seconds(-86_400))
            try await fixture.settle()
            fixture.server.time.pass(.seconds(1000))
            try await fixture.settle()

            #expect(try await fixture.updates().map(\.task) == ["middle"])
        }
    }

    @Test func `disabled tasks and triggers rest`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            fixture.server.time.pass(.seconds(1))
            try await fixture.write("middle") { $0.isEnabled = false }

            try await fixture.push("base", "two")

            #expect(try await fixture.carryOutAll() == [])
        }
    }

    @Test func `a registry that can't be asked is a problem that one sees, and is asked again`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/missing:1"]) { fixture in
            try await fixture.settle()

            let task = try #require(try await fixture.tasks.find("middle", in: "local01"))
            let state = try #require(try await fixture.triggers.state(of: task).images.first)

            #expect(state.image == "localhost:5000/missing:1")
            #expect(state.problem?.contains("There is no") == true)
            #expect(state.digest == nil)
            let wait = state.nextCheckTime?.timeIntervalSince(fixture.server.time.date) ?? 0
            #expect((1...900).contains(wait))
        }
    }

    @Test(arguments: ["fork", "pull request", "file", "source", "own"])
    func `S14 a task stands on what its own runs stood on, not on what others took instead`(kind: String) async throws {
        try await ImageFixture.with { fixture in
            // Its Dockerfile is not to be had: runs alone tell what it stands on.
            try await fixture.write("middle")
            try await fixture.push("other", "one")
            try await fixture.settle()
            let task = try #require(try await fixture.tasks.find("middle", in: "local01"))
            var overrides = TaskOverrides()
            if kind == "file" { overrides.file = "Other" }
            if kind == "source" { overrides.sourceLocation = "https://git.example.test/middle.git#other" }
            let event = SourceEvent(
                trigger: "t", id: "1", kind: .pullRequest, commit: String(repeating: "a", count: 40),
                ref: "refs/pull/7/head", repositoryURL: "https://git.example.test/middle.git")
            let cause = RunCause(.source(event), occurrence: "x", isRestricted: kind == "fork")
            _ = try await fixture.server.service.accept(
                try TaskRequest(task).request(with: overrides), type: .quickBuild, task: "middle",
                to: fixture.server.registry, by: "me",
                because: ["fork", "pull request"].contains(kind) ? cause : nil)
            let assignment = try #require(try await fixture.server.take())
            let record = BaseImageRecord(
                step: "build", image: ImageFixture.image("other"), use: .runtime,
                digest: try await fixture.triggers.watch.registries.resolve(ImageFixture.image("other")).digest,
                source: .builder)
            try await fixture.server.broker.finish(
                assignment.lease, with: RunOutcome(status: .succeeded, baseImages: [record]), logLength: 0)
            let expected = kind == "own" ? [ImageFixture.image("other").description] : []

            try await fixture.settle()
            let followed = try await fixture.triggers.state(of: task).images.map(\.image)
            fixture.server.time.pass(.seconds(1))
            try await fixture.write("middle") { $0.timeoutSeconds = 77 }
            try await fixture.settle()
            let written = try #require(try await fixture.tasks.find("middle", in: "local01"))

            #expect(followed == expected)
            let read = try await fixture.triggers.state(of: written).images.map(\.image)
            #expect(read == expected)
        }
    }

    @Test func `what the last run stood on is what a change is compared with`() async throws {
        try await ImageFixture.with(["middle": "FROM localhost:5000/base:1"]) { fixture in
            try await fixture.push("base", "one")
            try await fixture.settle()
            let task = try #require(try await fixture.tasks.find("middle", in: "local01"))
            try await fixture.registry.push("base", tag: "1", content: "two")

            // A run by hand takes the new image before anybody looked.
            _ = try await fixture.server.service.accept(
                try TaskRequest(task).request(with: TaskOverrides()), type: .quickBuild, task: "middle",
                to: fixture.server.registry, by: "me", because: nil)
            let names = try await fixture.carryOutAll()

            #expect(names == ["middle"])
            #expect(try await fixture.updates().isEmpty)
            #expect(try await fixture.triggers.state(of: task).images.map(\.origin) == [.run])
        }
    }
}
