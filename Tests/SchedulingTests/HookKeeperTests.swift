import CurlHTTP
import Forges
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// Hooks of tasks, here and at a forge.
struct HookKeeperTests {
    /// A keeper of a server that knows one forge, and the stores below it.
    struct Bench {
        let server: TestServer
        let tasks: SQLiteTaskStore
        let hooks: HookStore
        let keeper: HookKeeper
        private let forgeOrigins: Set<String>

        init(_ server: TestServer, _ stub: ForgeStub, makesHooks: Bool = true, publicURL: String = "https://ci.example")
        {
            self.server = server
            forgeOrigins = ["http://\(stub.host)"]
            tasks = SQLiteTaskStore(database: server.database, box: server.box)
            hooks = HookStore(database: server.database, box: server.box)
            keeper = HookKeeper(
                server.environment, tasks: tasks, hooks: hooks,
                forges: ForgeDirectory([ForgeHost(host: stub.host, kind: stub.kind)]), http: HTTPClient(),
                address: HookAddress(server: publicURL, makesHooks: makesHooks))
        }

        /// As the API does.
        private var service: TaskService {
            var settings = server.settings
            settings.sources.allowedOrigins.formUnion(forgeOrigins)
            return TaskService(tasks: tasks, settings: settings, followers: [keeper])
        }

        func write(_ task: TaskDefinition) async throws {
            _ = try await service.write(task.name, in: server.registry) { _ in task }
        }

        func delete(_ name: String) async throws {
            try await service.delete(name, in: server.registry)
        }

        func state(_ task: TaskDefinition) async throws -> TriggerState.Hook? {
            try await keeper.state(of: task).first?.hook
        }
    }

    static func task(
        _ stub: ForgeStub, token: String? = "t0ken", path: String = "/a/b.git", isEnabled: Bool = true,
        _ change: (inout TaskDefinition) -> Void = { _ in }
    ) -> TaskDefinition {
        let author = TaskDefinition.Authorship(by: "me", at: Date(timeIntervalSince1970: 0))
        let url = "http://\(stub.host)\(path)"
        let trigger = SourceTriggerDefinition(
            name: "push", isEnabled: isEnabled, events: ["commit"], sourceControlType: "Github", repositoryURL: url,
            branch: "main",
            authorization: token.map {
                SourceAuthorization(tokenType: "PAT", token: Secret($0), refreshToken: nil, scope: nil, expiresIn: nil)
            })
        var task = TaskDefinition(
            name: "t1", registry: "local01",
            step: .docker(
                .init(
                    context: TaskContext(location: Secret(url)), dockerFilePath: "Dockerfile", imageNames: ["app:v1"],
                    isPushEnabled: true, noCache: false, target: nil, arguments: [])),
            triggers: TaskTriggers(source: [trigger]), created: author, changed: author)
        change(&task)
        return task
    }

    private func with(
        _ kind: ForgeKind = .gitHub, makesHooks: Bool = true, _ body: (Bench, ForgeStub) async throws -> Void
    ) async throws {
        try await TestServer.with { server async throws in
            try await ForgeStub.with(kind) { stub in try await body(Bench(server, stub, makesHooks: makesHooks), stub) }
        }
    }

    @Test(arguments: ForgeKind.allCases.filter { ![.azureRepos, .bitbucketDataCenter].contains($0) })
    func `a task with a token gets its hook at the forge`(kind: ForgeKind) async throws {
        try await with(kind) { bench, stub in
            let task = Self.task(stub)

            try await bench.write(task)
            let before = try #require(try await bench.state(task))
            try await bench.keeper.work()
            let after = try #require(try await bench.state(task))

            #expect(before.standing == .pending)
            #expect(after.standing == .installed)
            #expect(after.url == before.url)
            #expect(after.url.hasPrefix("https://ci.example/hooks/\(kind.rawValue)/"))
            #expect(stub.hookURLs == [after.url])
            let secret = try #require(after.secret?.value)
            #expect(secret.utf8.count >= 50)
            #expect(stub.exchanges.contains { $0.body.contains(secret) })
            let hook = try #require(try await bench.hooks.hooks(of: "t1", in: "local01").first)
            #expect(hook.id.utf8.count == 32)
        }
    }

    @Test func `without a token, or where the forge can't reach the server, URL and secret are to be pasted`()
        async throws
    {
        try await with { bench, stub in
            try await bench.write(Self.task(stub, token: nil))
            try await bench.keeper.work()

            let state = try await bench.state(Self.task(stub))
            #expect(state?.standing == .manual)
            #expect(state?.secret != nil)
            #expect(stub.exchanges.isEmpty)
        }
        try await with(makesHooks: false) { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()

            let state = try await bench.state(Self.task(stub))
            #expect(state?.standing == .manual)
            #expect(state?.problem?.contains("publicURL") == true)
            #expect(stub.exchanges.isEmpty)
        }
    }

    @Test func `the token that fetches the context will do for the same server`() async throws {
        try await with { bench, stub in
            let task = Self.task(stub, token: nil) { task in
                guard case .docker(var step)? = task.step else { return }
                step.context.accessToken = Secret("context-token")
                task.step = .docker(step)
            }

            try await bench.write(task)
            try await bench.keeper.work()

            #expect(try await bench.state(task)?.standing == .installed)
            #expect(stub.exchanges.allSatisfy { $0.authorization == "Bearer context-token" })
        }
    }

    @Test func `a refused token is told, and a new one helps at once`() async throws {
        try await with { bench, stub in
            stub.refuse(.init(401, body: #"{"message":"Bad credentials"}"#))
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            let refused = try #require(try await bench.state(Self.task(stub)))
            let asked = stub.exchanges.count
            try await bench.keeper.work()
            let askedAgain = stub.exchanges.count
            stub.refuse(nil)
            try await bench.write(Self.task(stub, token: "better"))
            try await bench.keeper.work()

            #expect(refused.standing == .failed)
            #expect(refused.problem?.contains("Bad credentials") == true)
            #expect(refused.problem?.contains("t0ken") == false)
            #expect(asked == askedAgain)
            let state = try await bench.state(Self.task(stub))
            #expect(state?.standing == .installed)
            #expect(state?.problem == nil)
            #expect(state?.secret == refused.secret)
        }
    }

    @Test func `a forge that does not answer is asked again, later and later, and not before it says`() async throws {
        try await with { bench, stub in
            stub.refuse(.init(503, [("Retry-After", "60")]))
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            let waiting = try #require(try await bench.state(Self.task(stub)))
            bench.server.time.pass(.seconds(59))
            try await bench.keeper.work()
            let asked = stub.exchanges.count
            stub.refuse(nil)
            bench.server.time.pass(.seconds(2))
            try await bench.keeper.work()

            #expect(waiting.standing == .pending)
            #expect(waiting.problem?.contains("503") == true)
            #expect(asked == 1)
            #expect(try await bench.state(Self.task(stub))?.standing == .installed)
        }
    }

    @Test func `a hook that somebody removed is made again after six hours`() async throws {
        try await with { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            stub.forgetHooks()
            bench.server.time.pass(.seconds(6 * 3600 - 60))
            try await bench.keeper.work()
            let between = stub.hookURLs.count
            bench.server.time.pass(.seconds(120))
            try await bench.keeper.work()

            #expect(between == 0)
            #expect(stub.hookURLs.count == 1)
        }
    }

    @Test func `of a hook in parts the one that is gone is made again, and the others stay`() async throws {
        try await with(.azureRepos) { bench, stub in
            try await bench.write(Self.task(stub, path: "/org/p/_git/b"))
            try await bench.keeper.work()
            try #require(stub.hookURLs.count == 3)
            stub.forgetHooks(but: 2)
            bench.server.time.pass(.seconds(7 * 3600))

            try await bench.keeper.work()

            #expect(stub.hookURLs.count == 3)
            // Of the one that is gone already.
            #expect(stub.exchanges.count { $0.line.hasPrefix("DELETE") } == 1)
        }
    }

    @Test(arguments: ["t0ken", nil])
    func `a trigger that rests keeps URL and secret of its hook, which is not at the forge meanwhile`(token: String?)
        async throws
    {
        try await with { bench, stub in
            let task = Self.task(stub, token: token)
            try await bench.write(task)
            try await bench.keeper.work()
            let before = try #require(try await bench.state(task))
            let resting = Self.task(stub, token: token, isEnabled: false)
            try await bench.write(resting)
            try await bench.keeper.work()
            let meanwhile = try #require(try await bench.state(resting))
            let left = stub.hookURLs
            try await bench.write(task)
            try await bench.keeper.work()
            let after = try #require(try await bench.state(task))

            #expect(left.isEmpty)
            #expect(meanwhile.standing == .manual)
            #expect((meanwhile.problem?.contains("disabled") == true) == (token != nil))
            #expect([meanwhile, after].allSatisfy { $0.url == before.url && $0.secret == before.secret })
            #expect(after.standing == before.standing)
            #expect(stub.hookURLs == (token == nil ? [] : [before.url]))
        }
    }

    @Test func `a hook whose token is gone is doubted, and goes with its task all the same`() async throws {
        try await with { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            let bare = Self.task(stub, token: nil)
            try await bench.write(bare)
            try await bench.keeper.work()
            let state = try await bench.state(bare)
            let left = stub.hookURLs.count
            try await bench.delete("t1")
            try await bench.keeper.work()

            #expect(state?.standing == .manual)
            #expect(state?.problem?.contains("Give the task a token") == true)
            #expect(left == 1)
            #expect(stub.hookURLs.isEmpty)
        }
    }

    @Test(arguments: [false, true])
    func `a hook goes with its task or its trigger`(deletesTask: Bool) async throws {
        try await with { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            stub.refuse(.init(502))

            if deletesTask {
                try await bench.delete("t1")
            } else {
                try await bench.write(Self.task(stub) { $0.triggers.source = [] })
            }
            try await bench.keeper.work()
            let left = stub.hookURLs.count
            let rows = try await bench.hooks.hooks()
            stub.refuse(nil)
            bench.server.time.pass(.seconds(60))
            try await bench.keeper.work()

            #expect(rows.isEmpty)
            #expect(left == 1)
            #expect(stub.hookURLs.isEmpty)
            #expect(try await bench.hooks.removals().isEmpty)
        }
    }

    @Test func `a removal is given up after a day`() async throws {
        try await with { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            stub.refuse(.init(503))
            try await bench.delete("t1")
            try await bench.keeper.work()
            let waiting = try await bench.hooks.removals()
            bench.server.time.pass(.seconds(25 * 3600))
            try await bench.keeper.work()

            #expect(waiting.count == 1)
            #expect(try await bench.hooks.removals().isEmpty)
        }
    }

    @Test func `another repository means another hook, the same one written otherwise does not`() async throws {
        try await with { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()
            let first = try #require(try await bench.state(Self.task(stub)))
            try await bench.write(Self.task(stub, path: "/A/b"))
            try await bench.keeper.work()
            let same = try await bench.state(Self.task(stub))
            try await bench.write(Self.task(stub, path: "/a/c.git"))
            try await bench.keeper.work()
            let other = try #require(try await bench.state(Self.task(stub)))

            #expect(same?.url == first.url)
            #expect(other.url != first.url)
            #expect(other.secret != first.secret)
            #expect(stub.hookURLs == [other.url])
        }
    }

    @Test func `after a move of the server the old hook goes`() async throws {
        try await with { bench, stub in
            try await bench.write(Self.task(stub))
            try await bench.keeper.work()

            let moved = Bench(bench.server, stub, publicURL: "https://ci2.example")
            bench.server.time.pass(.seconds(7 * 3600))
            try await moved.keeper.work()

            #expect(stub.hookURLs.count == 1)
            #expect(stub.hookURLs.first?.hasPrefix("https://ci2.example/") == true)
        }
    }

    @Test func `what a process that ended left undone is made up for`() async throws {
        try await with { bench, stub in
            // It wrote the task, and no more.
            _ = try await bench.tasks.update("t1", in: "local01") { _ in Self.task(stub) }

            try await bench.keeper.reconcileAll()
            try await bench.keeper.work()
            _ = try await bench.tasks.delete("t1", in: "local01")
            let between = try await bench.hooks.hooks().map(\.standing)
            try await bench.keeper.reconcileAll()
            let rows = try await bench.hooks.hooks()
            try await bench.keeper.work()

            #expect(between == [.installed])
            #expect(rows.isEmpty)
            #expect(stub.hookURLs.isEmpty)
        }
    }

    @Test func `a trigger has one hook, whoever writes its task at the same time`() async throws {
        try await with { bench, stub in
            let task = Self.task(stub)
            _ = try await bench.tasks.update("t1", in: "local01") { _ in task }

            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await bench.keeper.taskChanged("t1", in: "local01", from: task) }
                }
                try await group.waitForAll()
            }

            #expect(try await bench.hooks.hooks().count == 1)
        }
    }

    @Test func `N8 neither tokens nor secrets of hooks are in the database in the clear`() async throws {
        try await with { bench, stub in
            stub.refuse(.init(503))
            try await bench.write(Self.task(stub, token: "planted-token"))
            let secret = try #require(try await bench.state(Self.task(stub))?.secret?.value)
            try await bench.delete("t1")
            try #require(try await bench.hooks.removals().count == 1)

            let folder = URL(fileURLWithPath: bench.server.folder)
            for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasPrefix("db") {
                let bytes = try Data(contentsOf: folder.appending(path: file))
                #expect(bytes.range(of: Data("planted-token".utf8)) == nil)
                #expect(bytes.range(of: Data(secret.utf8)) == nil)
            }
        }
    }

    @Test func `the service makes a hook when a task is written, and ends when it is to`() async throws {
        try await with { bench, stub in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.keeper.run() }
                try await bench.write(Self.task(stub))
                try await eventually("the hook to be there") { stub.hookURLs.count == 1 }
                try await bench.delete("t1")
                try await eventually("the hook to be gone") { stub.hookURLs.isEmpty }
                group.cancelAll()
            }
        }
    }
}

/// Whose turn it is at forges.
struct ForgeQueueTests {
    @Test func `one forge holds up no other, and nothing is done twice at once`() {
        let queue = ForgeQueue<Int>(most: 2)
        let pieces = (1...3).map { ForgeQueue<Int>.Piece(id: "\($0)", forge: "a", item: $0) }
        queue.offer(pieces + [.init(id: "4", forge: "b", item: 4)])
        queue.offer(pieces)

        let taken = (0..<4).compactMap { _ in queue.take() }
        queue.offer(pieces)
        let none = queue.take()
        taken.first.map(queue.finish)
        let next = queue.take()

        #expect(taken.map(\.item) == [1, 2, 4])
        #expect(none == nil)
        #expect(next?.item == 3)
    }
}
