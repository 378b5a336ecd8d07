import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Storage

/// What is tracked below tasks, and which changes of it they have to follow.
struct TrackedImageTests {
    private static let base = ImageReference(registry: "docker.io", repository: "library/base", tag: "1")
    private static let key = TaskKey(registry: "local01", task: "app")

    private struct Stores {
        let runs: SQLiteRunStore
        let tasks: SQLiteTaskStore
        let images: TrackedImageStore
        let changes: ImageChangeStore

        static func with(_ body: (Stores) async throws -> Void) async throws {
            try await withStore { runs, database, _ in
                try await body(
                    Stores(
                        runs: runs, tasks: SQLiteTaskStore(database: database, box: SecretBox(key: TestData.key)),
                        images: TrackedImageStore(database: database), changes: ImageChangeStore(database: database)))
            }
        }

        /// Stores a task that stands on an image, as a reading of its Dockerfile would find.
        func track(_ name: String = "app", digest: String? = nil, isEnabled: Bool = true) async throws {
            try await put(name, isEnabled: isEnabled)
            let unread = try #require(try await images.unread(at: TestData.now, limit: 10).first)
            try await images.setReading(
                of: unread,
                images: [
                    TrackedImage(image: TrackedImageTests.base, use: .runtime, origin: .dockerfile, digest: digest)
                ],
                outputs: [], problem: nil, next: nil, at: TestData.now)
        }

        func put(
            _ name: String = "app", in registry: String = "local01", isEnabled: Bool = true,
            at time: Date = TestData.now
        ) async throws {
            _ = try await tasks.update(name, in: registry) { _ in
                TaskDefinition(
                    name: name, registry: registry,
                    step: .encoded(
                        TaskStep.EncodedStep(
                            context: TaskContext(location: nil), content: Secret("steps: []"), valuesContent: nil,
                            values: [])),
                    triggers: TaskTriggers(
                        baseImage: BaseImageTriggerDefinition(
                            name: "base", isEnabled: isEnabled, kind: .runtime, updateTriggerEndpoint: nil,
                            updateTriggerPayloadType: nil)),
                    created: TaskDefinition.Authorship(by: "p", at: time),
                    changed: TaskDefinition.Authorship(by: "p", at: time))
            }
        }

        /// Has the registry asked, which has that digest.
        func see(_ digest: String, asked: Date = TestData.now) async throws {
            try await images.settle(
                ImageCheck(image: TrackedImageTests.base, login: "", failures: 0, isUrgent: false), on: digest,
                asked: asked,
                next: asked.addingTimeInterval(900), at: asked)
        }

        func digests() async throws -> [String] { try await changes.waiting().map(\.digest) }
    }

    @Test func `the first digest that is seen is what a task stands on, and each later one is a change once`()
        async throws
    {
        try await Stores.with { stores in
            try await stores.track()

            try await stores.see("a")
            let first = try await stores.digests()
            try await stores.see("b")
            try await stores.see("b")
            let second = try await stores.digests()
            let taken = try await stores.changes.take(Self.key, as: "batch")
            try await stores.changes.finish("batch", notes: [:])
            try await stores.see("b")

            #expect(first == [])
            #expect(second == ["b"])
            #expect(taken.map(\.image) == [Self.base])
            #expect(try await stores.digests() == [])
        }
    }

    @Test func `a tag that is back where the task stands is no change any more`() async throws {
        try await Stores.with { stores in
            try await stores.track(digest: "a")

            try await stores.see("b", asked: TestData.now + 1)
            try await stores.see("a", asked: TestData.now + 2)
            let back = try await stores.digests()
            try await stores.see("b", asked: TestData.now + 3)

            #expect(back == [])
            #expect(try await stores.digests() == ["b"])
        }
    }

    @Test func `an answer that is older than what a run stood on changes nothing, and the registry is asked again`()
        async throws
    {
        try await Stores.with { stores in
            try await stores.track(digest: "new")

            try await stores.see("old", asked: TestData.now - 1)

            #expect(try await stores.digests() == [])
            #expect(try await stores.images.dueChecks(at: TestData.now, isUrgent: true, limit: 1).count == 1)
        }
    }

    @Test func `a clock that was put back has the registry asked once more, and not at once`() async throws {
        try await Stores.with { stores in
            try await stores.track(digest: "new")
            let back = TestData.now - 3600

            try await stores.see("other", asked: back)
            let atOnce = try await stores.images.dueChecks(at: back, isUrgent: true, limit: 1)
            let soon = try await stores.images.dueChecks(at: back + 1, isUrgent: true, limit: 1)
            try await stores.see("other", asked: back + 1)

            #expect(atOnce == [])
            #expect(soon.count == 1)
            #expect(try await stores.images.dueChecks(at: back + 10, isUrgent: true, limit: 1) == [])
            #expect(try await stores.digests() == ["other"])
        }
    }

    @Test func `what was said while the registry did not answer is not lost`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.images.makeDue([Self.base], at: TestData.now + 1)
            let check = ImageCheck(image: Self.base, login: "", failures: 0, isUrgent: true)

            try await stores.images.fail(
                check, because: "silence", asked: TestData.now, next: TestData.now + 900, at: TestData.now + 1)
            let again = try await stores.images.dueChecks(at: TestData.now + 2, isUrgent: true, limit: 1)
            try await stores.images.postpone([(check, TestData.now + 60)], asked: TestData.now)
            let kept = try await stores.images.dueChecks(at: TestData.now + 2, isUrgent: true, limit: 1)
            try await stores.images.postpone([(check, TestData.now + 60)], asked: TestData.now + 2)

            #expect(again.count == 1)
            #expect(kept.count == 1)
            #expect(try await stores.images.dueChecks(at: TestData.now + 59, isUrgent: true, limit: 1) == [])
            #expect(try await stores.images.dueChecks(at: TestData.now + 60, isUrgent: false, limit: 1).count == 1)
            let left = try await stores.images.dueChecks(
                at: TestData.now + 60, isUrgent: false, butOf: [Self.base.registry], limit: 1)
            #expect(left == [])
        }
    }

    @Test func `what a run recorded meanwhile is newer than a reading, which is done again`() async throws {
        try await Stores.with { stores in
            func images() async throws -> [ImageReference] {
                try await stores.images.images(of: Self.key).images.map(\.tracked.image)
            }
            func read(_ unread: UnreadTask) async throws {
                let found = TrackedImage(image: Self.base, use: .runtime, origin: .dockerfile)
                try await stores.images.setReading(
                    of: unread, images: [found], outputs: nil, problem: nil, next: nil, at: TestData.now)
            }
            try await stores.put()
            let slow = try #require(try await stores.images.unread(at: TestData.now, limit: 10).first)
            try await stores.runs.enqueueTest(task: "app")
            let changes = RunChangeStore(stores.images)
            let change = try #require(try await changes.changes(for: TrackedImageStore.reader, limit: 10).last)
            let other = ImageReference(registry: "docker.io", repository: "library/other", tag: "1")
            try await stores.images.follow(
                change, of: Self.key,
                images: [TrackedImage(image: other, use: .runtime, origin: .run, digest: "a")], outputs: [],
                at: TestData.now)

            try await read(slow)
            let kept = try await images()
            try await read(try #require(try await stores.images.unread(at: TestData.now, limit: 10).first))

            #expect(kept == [other])
            #expect(try await images() == [Self.base])
            #expect(try await stores.images.unread(at: TestData.now, limit: 10).isEmpty)
        }
    }

    @Test func `F8 what was put off or said by a clock that was ahead is due again`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.images.makeDue([Self.base], at: TestData.now + 86_400)
            try await stores.put("slow")
            let slow = try #require(try await stores.images.unread(at: TestData.now, limit: 10).first)
            try await stores.images.setReading(
                of: slow, images: nil, outputs: nil, problem: "away", next: TestData.now + 86_400, at: TestData.now)
            let before = try await stores.images.unread(at: TestData.now, limit: 10)

            try await stores.images.bringForward(within: .seconds(900), at: TestData.now)
            try await stores.images.bringReadingsForward(at: TestData.now)

            #expect(before == [])
            #expect(try await stores.images.dueChecks(at: TestData.now, isUrgent: true, limit: 1).count == 1)
            #expect(try await stores.images.unread(at: TestData.now, limit: 10).map(\.key) == [slow.key])
        }
    }

    @Test func `an older run that ends last takes a task back, and the change is one again`() async throws {
        try await Stores.with { stores in
            try await stores.track(digest: "a")
            try await stores.see("b", asked: TestData.now + 1)
            _ = try await stores.changes.take(Self.key, as: "batch")
            try await stores.changes.finish("batch", notes: [:])
            try await stores.runs.enqueueTest(task: "app")
            let changes = RunChangeStore(stores.images)
            let change = try #require(try await changes.changes(for: TrackedImageStore.reader, limit: 10).last)

            for (digest, time) in [("b", 2.0), ("a", 3.0)] {
                let stood = TrackedImage(image: Self.base, use: .runtime, origin: .run, digest: digest)
                try await stores.images.follow(
                    change, of: Self.key, images: [stood], outputs: [], at: TestData.now + time)
            }
            try await stores.see("b", asked: TestData.now + 4)

            #expect(try await stores.digests() == ["b"])
        }
    }

    @Test func `a change that is in a batch stays there when another follows`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.see("a")
            try await stores.see("b")
            _ = try await stores.changes.take(Self.key, as: "batch")

            try await stores.see("c")

            #expect(try await stores.changes.waiting().map(\.batch) == ["batch", nil])
            #expect(try await stores.digests() == ["b", "c"])
        }
    }

    @Test func `what a disabled trigger tracked is forgotten, and read anew when it is enabled`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.see("a")
            try await stores.see("b")

            try await stores.put(isEnabled: false, at: TestData.now + 1)
            let checks = try await stores.images.dueChecks(at: TestData.now + 10_000, isUrgent: false, limit: 10)
            let waiting = try await stores.digests()
            try await stores.put(at: TestData.now + 2)

            #expect(checks == [])
            #expect(waiting == [])
            #expect(try await stores.images.unread(at: TestData.now, limit: 10).map(\.key) == [Self.key])
        }
    }

    @Test func `a task that is written as it was is not read again`() async throws {
        try await Stores.with { stores in
            try await stores.track()

            #expect(try await stores.tasks.refreshIndex().isEmpty)

            #expect(try await stores.images.unread(at: TestData.now + 10_000, limit: 10) == [])
            #expect(try await stores.images.images(of: Self.key).images.map(\.tracked.image) == [Self.base])
        }
    }

    @Test func `a shorter interval brings forward what was to be asked for later`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.see("a")

            try await stores.images.bringForward(within: .seconds(900), at: TestData.now)
            let kept = try await stores.images.images(of: Self.key).images.map(\.nextCheckTime)
            try await stores.images.bringForward(within: .seconds(60), at: TestData.now)
            let brought = try #require(try await stores.images.images(of: Self.key).images.first?.nextCheckTime)

            #expect(kept == [TestData.now + 900])
            #expect((TestData.now...TestData.now + 60).contains(brought))
        }
    }

    @Test func `what was said while the registry was asked is not lost`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.images.makeDue([Self.base], at: TestData.now + 1)

            try await stores.see("a", asked: TestData.now)
            let again = try await stores.images.dueChecks(at: TestData.now + 1, isUrgent: true, limit: 1)
            try await stores.see("a", asked: TestData.now + 2)

            #expect(again.map(\.isUrgent) == [true])
            #expect(try await stores.images.dueChecks(at: TestData.now + 2, isUrgent: true, limit: 1) == [])
        }
    }

    @Test func `what a text says to make holds up no task of another registry, what was pushed does`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            try await stores.put("claim", in: "other", at: TestData.now)
            let unread = try #require(try await stores.images.unread(at: TestData.now, limit: 10).first)
            try await stores.images.setReading(
                of: unread, images: [], outputs: [Self.base], problem: nil, next: nil, at: TestData.now)
            let claimed = try await stores.changes.flow().bases
            try await stores.runs.enqueueTest(task: "app")
            let changes = RunChangeStore(stores.images)
            let change = try #require(try await changes.changes(for: TrackedImageStore.reader, limit: 10).last)
            try await stores.images.follow(change, of: unread.key, images: nil, outputs: [Self.base], at: TestData.now)

            #expect(claimed == [:])
            #expect(try await stores.changes.flow().bases == ["local01/app": ["other/claim"]])
        }
    }

    @Test func `a task is busy while a run of it, or its follow-up, may still bring an image`() async throws {
        try await Stores.with { stores in
            try await stores.track()
            let run = try await stores.runs.enqueueTest(task: "App")
            let queued = try await stores.changes.flow().busy
            _ = try await stores.runs.claimTest(lease: "l")
            _ = try await stores.runs.finish(lease: "l", with: RunOutcome(status: .succeeded), at: TestData.now)
            let ended = try await stores.changes.flow()
            let changes = RunChangeStore(stores.images)
            let last = try #require(try await changes.changes(for: TrackedImageStore.reader, limit: 10).last)
            try await stores.images.follow(last, of: Self.key, images: nil, outputs: [Self.base], at: TestData.now)

            #expect(last.run == run.id)
            #expect(queued == ["local01/app": TestData.now])
            #expect(ended.busy == [:])
            #expect(ended.unsettled == ["local01/app"])
            let asked = try await stores.changes.flow()
            #expect(asked.unsettled == ["local01/app"])
            #expect(asked.bases == ["local01/app": ["local01/app"]])
            try await stores.see("a")
            #expect(try await stores.changes.flow().unsettled == [])
        }
    }
}

extension RunChangeStore {
    fileprivate init(_ images: TrackedImageStore) {
        self.init(database: images.database)
    }
}
