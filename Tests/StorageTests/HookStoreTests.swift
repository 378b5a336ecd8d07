import Crypto
import Foundation
import Storage
import TaskModel
import Testing

/// Hooks of forges, and what is left to do when they go.
struct HookStoreTests {
    private static func hook(_ id: String, trigger: String = "push") -> Hook {
        Hook(
            id: id, kind: .forge(.gitHub), registry: "local01", task: "t1", trigger: trigger,
            repositoryURL: "https://github.com/harbour/ferry", secret: Secret(TestData.secret), standing: .pending)
    }

    private static let removal = HookRemoval(
        id: "h1", repositoryURL: "https://github.com/harbour/ferry", url: "https://ci.example/hooks/github/h1",
        remoteID: "7", token: Secret("t0ken"), endTime: TestData.now)

    private func with(_ body: (HookStore) async throws -> Void) async throws {
        try await withStore { _, database, _ in
            try await body(HookStore(database: database, box: SecretBox(key: TestData.key)))
        }
    }

    @Test func `a trigger has one hook, whatever case its name is in`() async throws {
        try await with { store in
            try await store.add(Self.hook("h1"))
            try await store.add(Self.hook("h2", trigger: "PUSH"))
            try await store.add(Self.hook("h3", trigger: "other"))

            let hooks = try await store.hooks(of: "T1", in: "LOCAL01")

            #expect(hooks == [Self.hook("h3", trigger: "other"), Self.hook("h1")])
        }
    }

    @Test func `how a hook stands is kept, unless it is gone`() async throws {
        try await with { store in
            var hook = Self.hook("h1")
            try await store.add(hook)
            hook.standing = .installed
            hook.remoteID = "7"
            hook.token = Secret("t0ken")
            hook.checkTime = TestData.now

            let isNoted = try await store.note(hook)
            let kept = try await store.find("h1")
            try await store.noteProblem("why", of: "PUSH", task: "t1", in: "local01")
            let problem = try await store.find("h1")?.problem
            try await store.remove("h1", leaving: nil)
            let isNotedWhenGone = try await store.note(hook)

            #expect(isNoted)
            #expect(kept == hook)
            #expect(problem == "why")
            #expect(!isNotedWhenGone)
            #expect(try await store.find("h1") == nil)
            #expect(try await store.removals().isEmpty)
        }
    }

    @Test func `what is left to do at the forge is kept until it is done`() async throws {
        try await with { store in
            try await store.add(Self.hook("h1"))

            try await store.remove("h1", leaving: Self.removal)
            let left = try await store.removals()
            try await store.finishRemoval("h1")

            #expect(left == [Self.removal])
            #expect(try await store.hooks().isEmpty)
            #expect(try await store.removals().isEmpty)
        }
    }

    @Test func `a hook whose secret can't be read holds up no other, and gives way to a new one`() async throws {
        try await withStore { _, database, _ in
            let store = HookStore(database: database, box: SecretBox(key: TestData.key))
            let lost = HookStore(database: database, box: SecretBox(key: SymmetricKey(size: .bits256)))
            try await lost.add(Self.hook("h1"))
            try await lost.add(Self.hook("h2", trigger: "other"))
            try await lost.remove("h2", leaving: Self.removal)
            try await store.add(Self.hook("h3", trigger: "third"))

            let before = try await store.hooks(in: "local01").map(\.id)
            let removals = try await store.removals()
            try await store.add(Self.hook("h5"))
            let kept = try await store.hooks(in: "local01").map(\.id)
            try await store.add(Self.hook("h4"), replacesUnreadable: true)

            #expect(before == ["h3"])
            #expect(kept == ["h3"])
            #expect(removals.isEmpty)
            #expect(try await store.hooks(in: "local01").map(\.id) == ["h4", "h3"])
        }
    }
}
