import AgentProtocol
import Crypto
import CurlHTTP
import Forges
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// What forges are told of runs.
struct CommitStatusTests {
    private static let commit = String(repeating: "ab", count: 20)

    private struct Bench {
        let server: TestServer
        let keeping: HookKeeperTests.Bench
        let stub: ForgeStub
        let changes: RunChangeStore

        init(_ server: TestServer, _ stub: ForgeStub) {
            self.server = server
            self.stub = stub
            keeping = HookKeeperTests.Bench(server, stub)
            changes = RunChangeStore(database: server.database)
        }

        /// What a process would have.
        func reporter() -> CommitStatusReporter {
            CommitStatusReporter(
                server.environment, changes: changes, tasks: keeping.tasks, hooks: keeping.hooks,
                forges: ForgeDirectory([ForgeHost(host: stub.host, kind: stub.kind)]), http: HTTPClient()
            ) { "https://ci.example/runs/\($0.id)" }
        }

        /// Queues a run of a commit.
        func start(
            _ task: TaskDefinition, commit: String = CommitStatusTests.commit,
            source: SourceRevision? = SourceRevision(commit: CommitStatusTests.commit, branch: "main")
        ) async throws -> Run {
            let event = SourceEvent(
                trigger: "push", id: "d1", kind: .commit, commit: commit, ref: "refs/heads/main", branch: "main",
                repositoryURL: task.triggers.source[0].repositoryURL, forge: stub.kind)
            return try await server.store.accept(
                NewRun(
                    registry: "local01", type: .autoBuild, request: TestServer.request(), submittedBy: "me",
                    agentPool: "default", task: task.name,
                    cause: RunCause(
                        .source(event), occurrence: "commit \(commit) refs/heads/main",
                        source: source)),
                maxQueued: 100, at: server.time.date
            ).run
        }

        func finish(_ status: RunStatus) async throws {
            let lease = try #require(try await server.take()).lease
            try await server.broker.finish(
                lease, with: RunOutcome(status: status, message: "secret host"), logLength: 0)
        }
    }

    private static func with(_ kind: ForgeKind = .gitHub, _ body: (Bench) async throws -> Void) async throws {
        try await TestServer.with { server async throws in
            try await ForgeStub.with(kind) { stub in try await body(Bench(server, stub)) }
        }
    }

    private static func body(_ state: String, _ description: String, _ run: Run) -> String {
        #"{"context":"slipway/t1","description":"Run \#(run.id): \#(description)","state":"\#(state)","target_url":"https://ci.example/runs/\#(run.id)"}"#
    }

    @Test(arguments: [
        (RunStatus.succeeded, "success", "Succeeded."), (.failed, "failure", "Failed."),
        (.error, "error", "Could not be carried out."),
    ])
    func `a commit is pending while its run goes on, and then as the run ended`(
        status: RunStatus, state: String, description: String
    ) async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let reporter = bench.reporter()

            let run = try await bench.start(task)
            try await reporter.work()
            try await bench.finish(status)
            try await reporter.work()

            #expect(
                bench.stub.statuses == [
                    Self.body("pending", "Waiting for an agent.", run), Self.body(state, description, run),
                ])
            #expect(bench.stub.exchanges.allSatisfy { $0.line.hasSuffix("/statuses/\(Self.commit)") })
        }
    }

    @Test func `nothing is told of runs by hand, without a token, or where the task does not want it`() async throws {
        try await Self.with { bench in
            let silent = HookKeeperTests.task(bench.stub) {
                $0.triggers.source[0].filter = SourceFilter(reportsStatus: false)
            }
            try await bench.keeping.write(silent)
            _ = try await bench.start(silent)
            let bare = HookKeeperTests.task(bench.stub, token: nil) { $0.name = "t2" }
            try await bench.keeping.write(bare)
            _ = try await bench.start(bare)
            _ = try await bench.server.submit()

            try await bench.reporter().work()

            #expect(bench.stub.exchanges.isEmpty)
            let last = try await bench.changes.changes(after: 0, limit: 100).last?.sequence
            #expect(try await bench.changes.place(of: "statuses") == last)
        }
    }

    @Test func `a restart loses no status`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            bench.stub.refuse(.init(502))
            let run = try await bench.start(task)
            try await bench.finish(.succeeded)
            try await bench.reporter().work()
            let tried = bench.stub.statuses
            bench.stub.refuse(nil)

            try await bench.reporter().work()

            let last = try await bench.changes.changes(after: 0, limit: 100).last?.sequence
            #expect(tried == [Self.body("success", "Succeeded.", run)])
            #expect(bench.stub.statuses == tried + tried)
            #expect(try await bench.changes.place(of: "statuses") == last)
        }
    }

    @Test func `a task that can't be read keeps no other from being told`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let lost = HookKeeperTests.task(bench.stub) { $0.name = "t2" }
            let otherKey = SecretBox(key: SymmetricKey(size: .bits256))
            _ = try await SQLiteTaskStore(database: bench.server.database, box: otherKey)
                .update("t2", in: "local01") { _ in lost }
            _ = try await bench.start(lost)
            let run = try await bench.start(task)

            try await bench.reporter().work()

            #expect(bench.stub.statuses == [Self.body("pending", "Waiting for an agent.", run)])
        }
    }

    @Test func `a later status takes the place of one that waits`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let reporter = bench.reporter()
            bench.stub.refuse(.init(503))
            let run = try await bench.start(task)
            try await reporter.work()
            try await bench.finish(.failed)
            try await reporter.work()
            bench.stub.refuse(nil)
            bench.server.time.pass(.seconds(10))

            try await reporter.work()

            #expect(
                bench.stub.statuses == [
                    Self.body("pending", "Waiting for an agent.", run), Self.body("failure", "Failed.", run),
                ])
        }
    }

    @Test func `a refused token is told where the hook is shown, and nothing is sent again`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let reporter = bench.reporter()
            bench.stub.refuse(.init(401))
            _ = try await bench.start(task)

            try await reporter.work()
            bench.server.time.pass(.seconds(600))
            try await reporter.work()

            #expect(bench.stub.statuses.count == 1)
            let problem = try await bench.keeping.state(task)?.problem
            #expect(problem?.contains("refuses the token") == true)
            #expect(problem?.contains("t0ken") == false)
        }
    }

    @Test func `a status is given up after an hour`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let reporter = bench.reporter()
            bench.stub.refuse(.init(503))
            _ = try await bench.start(task)
            try await reporter.work()
            let before = try await bench.changes.place(of: "statuses")

            bench.server.time.pass(.seconds(3601))
            try await reporter.work()

            #expect(before == 0)
            #expect(try await bench.changes.place(of: "statuses") > 0)
            #expect(try await bench.keeping.state(task)?.problem?.contains("could not be told") == true)
        }
    }
}

extension CommitStatusTests {
    @Test func `a trigger's commit is told of, whatever commit the context had`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let run = try await bench.start(task, source: nil)
            let lease = try #require(try await bench.server.take()).lease
            let other = SourceRevision(commit: String(repeating: "cd", count: 20), branch: "main")
            try await bench.server.broker.report(.resolved(other), for: lease)

            try await bench.reporter().work()

            #expect(try await bench.server.store.find(run.id)?.source == other)
            #expect(!bench.stub.exchanges.isEmpty)
            #expect(bench.stub.exchanges.allSatisfy { $0.line.hasSuffix("/statuses/\(Self.commit)") })
        }
    }

    @Test func `the service tells of runs as they move, and ends when it is to`() async throws {
        try await Self.with { bench in
            let task = HookKeeperTests.task(bench.stub)
            try await bench.keeping.write(task)
            let stub = bench.stub
            let reporter = bench.reporter()

            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await reporter.run() }
                _ = try await bench.start(task)
                try await eventually("the forge to hear of the run") { stub.statuses.count == 1 }
                try await bench.finish(.succeeded)
                try await eventually("the forge to hear of its end") {
                    stub.statuses.last?.contains("Succeeded") == true
                }
                group.cancelAll()
            }
        }
    }
}

/// The order of statuses on their way.
struct StatusLanesTests {
    private static func status(_ sequence: Int64, repository: String = "a", commit: String = "c1") throws
        -> PendingStatus
    {
        PendingStatus(
            sequence: sequence, status: CommitStatus(state: .pending, context: "slipway/t", description: "", url: ""),
            commit: commit, location: try #require(ForgeDirectory().location(of: "https://github.com/x/\(repository)")),
            token: Secret("t"), registry: "r", task: "t", trigger: "push", since: Date(timeIntervalSince1970: 0))
    }

    /// - Returns: which of them were added.
    private static func add(_ statuses: [PendingStatus], to lanes: inout StatusLanes) -> [Bool] {
        statuses.map { lanes.add($0) }
    }

    private let now = Date(timeIntervalSince1970: 1000)

    /// All that can be sent at once.
    private static func take(_ lanes: inout StatusLanes, at time: Date) -> [Int64] {
        var taken: [Int64] = []
        while let next = lanes.take(at: time) { taken.append(next.sequence) }
        return taken
    }

    @Test func `one repository that waits holds up no other`() throws {
        var lanes = StatusLanes()
        let statuses = [try Self.status(1), try Self.status(2, commit: "c2"), try Self.status(3, repository: "b")]
        _ = Self.add(statuses, to: &lanes)

        let first = Self.take(&lanes, at: now)
        lanes.putBack(statuses[0], at: now, retryAfter: .seconds(30))
        lanes.finish(statuses[2])
        let early = Self.take(&lanes, at: now.addingTimeInterval(29))
        let later = Self.take(&lanes, at: now.addingTimeInterval(31))

        #expect(first == [1, 3])
        #expect(early.isEmpty)
        #expect(later == [1])
        #expect(lanes.firstSequence == 1)
        #expect(lanes.count == 2)
    }

    @Test func `a forge that does not answer gets only so many at once`() throws {
        var lanes = StatusLanes(mostAtOneForge: 2)
        let statuses = try (1...3).map { try Self.status($0, repository: "r\($0)") }
        _ = Self.add(statuses, to: &lanes)

        let first = Self.take(&lanes, at: now)
        lanes.finish(statuses[0])
        let second = Self.take(&lanes, at: now)

        #expect(first == [1, 2])
        #expect(second == [3])
    }

    @Test func `the newest of a commit is what is sent`() throws {
        var lanes = StatusLanes()
        _ = Self.add([try Self.status(1)], to: &lanes)
        let sending = lanes.take(at: now)
        _ = Self.add([try Self.status(2), try Self.status(3)], to: &lanes)

        lanes.putBack(try #require(sending), at: now, retryAfter: nil)
        let next = Self.take(&lanes, at: now.addingTimeInterval(60))

        #expect(next == [3])
        #expect(lanes.count == 1)
    }

    @Test func `only so many wait`() throws {
        var lanes = StatusLanes(limit: 2)

        let added = Self.add(
            [
                try Self.status(1), try Self.status(2, commit: "c2"), try Self.status(3, commit: "c3"),
                // In the place of the first.
                try Self.status(4),
            ], to: &lanes)

        #expect(added == [true, true, false, true])
        #expect(lanes.count == 2)
    }
}
