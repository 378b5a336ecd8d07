import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

struct TimerTriggerTests {
    private struct Fixture {
        let server: TestServer
        let tasks: SQLiteTaskStore

        init(_ server: TestServer) {
            self.server = server
            tasks = SQLiteTaskStore(database: server.database, box: server.box)
        }

        /// As a process that begins now has it.
        func trigger() -> TimerTrigger {
            TimerTrigger(
                timers: TimerStore(database: server.database), tasks: tasks, occurrences: server.store,
                server.environment)
        }

        func write(_ schedules: [(name: String, schedule: String)], _ change: (inout TaskDefinition) -> Void = { _ in })
            async throws
        {
            let author = TaskDefinition.Authorship(by: "me", at: server.time.date)
            var task = TaskDefinition(
                name: "t1", registry: "local01",
                step: .docker(
                    TaskStep.DockerStep(
                        context: TaskContext(location: Secret("https://git.example.test/app.git")),
                        dockerFilePath: "Dockerfile", imageNames: [], isPushEnabled: false, noCache: false, target: nil,
                        arguments: [])),
                triggers: TaskTriggers(
                    timers: schedules.map {
                        TimerTriggerDefinition(name: $0.name, isEnabled: true, schedule: $0.schedule)
                    }), created: author, changed: author)
            change(&task)
            _ = try await tasks.update("t1", in: "local01") { [task] _ in task }
        }

        /// The times of the timers' runs, oldest first.
        func runs() async throws -> [TimerOccurrence] {
            try await server.store.list(registry: "local01", RunFilter(), before: nil, limit: 1000).reversed()
                .compactMap {
                    if case .timer(let occurrence)? = $0.trigger { occurrence } else { nil }
                }
        }

        func state(_ trigger: TimerTrigger) async throws -> [TriggerState.Timer] {
            guard let task = try await tasks.find("t1", in: "local01") else { return [] }
            return try await trigger.state(of: task)
        }
    }

    private static func with(_ body: (Fixture) async throws -> Void) async throws {
        try await TestServer.with { try await body(Fixture($0)) }
    }

    @Test func `D6 each scheduled minute makes one run, and a new timer none before its time`() async throws {
        try await Self.with { fixture in
            let trigger = fixture.trigger()
            try await fixture.write([("every", "* * * * *")])

            try await trigger.fireDue()
            let before = try await fixture.runs()
            for _ in 0..<5 {
                fixture.server.time.pass(.seconds(30))
                try await trigger.fireDue()
                try await trigger.fireDue()
            }

            #expect(before.isEmpty)
            let runs = try await fixture.runs()
            #expect(runs.count == 2)
            #expect(runs.map { Int($0.time.timeIntervalSince1970) % 60 } == [0, 0])
            let run = try await fixture.server.store.list(registry: "local01", RunFilter(), before: nil, limit: 1).first
            #expect(run?.type == .autoBuild && run?.task == "t1" && run?.submittedBy == "me")
        }
    }

    @Test func `timers that coincide make a run each`() async throws {
        try await Self.with { fixture in
            let trigger = fixture.trigger()
            try await fixture.write([("a", "*/5 * * * *"), ("b", "0-59/5 * * * *")])
            try await trigger.fireDue()

            fixture.server.time.pass(.seconds(300))
            try await trigger.fireDue()

            let runs = try await fixture.runs()
            #expect(runs.map(\.timer).sorted() == ["a", "b"])
            #expect(runs.first?.time == runs.last?.time)
        }
    }

    @Test func `D6 a restart between the run and the note of it doubles nothing`() async throws {
        try await Self.with { fixture in
            let timers = TimerStore(database: fixture.server.database)
            try await fixture.write([("every", "* * * * *")])
            try await fixture.trigger().fireDue()
            let timer = try #require(try await timers.timers(of: "t1", in: "local01").first)
            fixture.server.time.pass(.seconds(60))
            try await fixture.trigger().fireDue()

            // As if the process had ended before it moved the timer on.
            let moved = try #require(try await timers.timers(of: "t1", in: "local01").first)
            try await timers.setNextTimes([(moved, timer.nextTime)])
            try await fixture.trigger().fireDue()

            #expect(try await fixture.runs().count == 1)
        }
    }

    @Test
    func `D6 after down-time the last occurrence is made up for if it is young, and the rest is recorded as skipped`()
        async throws
    {
        try await Self.with { fixture in
            try await fixture.write([("often", "*/3 * * * *"), ("daily", "0 0 * * *")])
            try await fixture.trigger().fireDue()

            fixture.server.time.pass(.seconds(86_400 + 7200))
            let restarted = fixture.trigger()
            try await restarted.fireDue()

            let runs = try await fixture.runs()
            #expect(runs.map(\.timer) == ["often"])
            #expect(fixture.server.time.date.timeIntervalSince(try #require(runs.first).time) < 180)
            let states = try await fixture.state(restarted)
            #expect(states.first { $0.timer == "daily" }?.note?.hasPrefix("skipped: the server was down") == true)
            let skipped = try await fixture.server.store.occurrences(
                of: "t1", in: "local01", keyed: "timer 5:often", limit: 10)
            #expect(skipped.count == 2)
            #expect(skipped.contains { $0.note == "skipped: the server was down" })
        }
    }

    @Test func `F8 a clock that is put forward by an hour and back again loses no minute and doubles none`()
        async throws
    {
        try await Self.with { fixture in
            let trigger = fixture.trigger()
            try await fixture.write([("minutely", "* * * * *"), ("hourly", "0 * * * *")])
            try await trigger.fireDue()

            fixture.server.time.pass(.seconds(3600))
            try await trigger.fireDue()
            let forward = try await fixture.runs()
            fixture.server.time.pass(.seconds(-3600))
            for _ in 0..<65 {
                fixture.server.time.pass(.seconds(60))
                try await trigger.fireDue()
            }

            let runs = try await fixture.runs()
            #expect(forward.count { $0.timer == "minutely" } == 60)
            #expect(forward.count { $0.timer == "hourly" } == 1)
            #expect(runs.count { $0.timer == "minutely" } == 65)
            #expect(Set(runs).count == runs.count)
        }
    }

    @Test func `F8 a clock that is put back while the server is down silences no timer`() async throws {
        try await Self.with { fixture in
            fixture.server.time.pass(.seconds(86_400))
            try await fixture.write([("minutely", "* * * * *")])
            try await fixture.trigger().fireDue()
            fixture.server.time.pass(.seconds(-86_400))

            let restarted = fixture.trigger()
            try await restarted.fireDue()
            for _ in 0..<3 {
                fixture.server.time.pass(.seconds(60))
                try await restarted.fireDue()
            }

            let runs = try await fixture.runs()
            #expect(runs.count == 3)
            #expect(Set(runs).count == runs.count)
        }
    }

    @Test func `F8 a clock that is put back while the database can't be written silences no timer`() async throws {
        try await Self.with { fixture in
            let trigger = fixture.trigger()
            fixture.server.time.pass(.seconds(86_400))
            try await fixture.write([("minutely", "* * * * *")])
            try await trigger.fireDue()
            fixture.server.time.pass(.seconds(-86_400))

            try await fixture.server.whileNoTimerMoves {
                await #expect(throws: (any Error).self) { try await trigger.fireDue() }
            }
            try await trigger.fireDue()
            fixture.server.time.pass(.seconds(60))
            try await trigger.fireDue()

            #expect(try await fixture.runs().count == 1)
        }
    }

    @Test func `F8 a minute that waits for the queue while the clock is put back has its run`() async throws {
        try await Self.with { fixture in
            try await fixture.write([("minutely", "* * * * *")])
            let full = TimerTrigger(
                timers: TimerStore(database: fixture.server.database), tasks: fixture.tasks,
                occurrences: fixture.server.store, fixture.server.environment(maxQueued: 0))
            try await full.fireDue()
            for passed in [90, -20] {
                fixture.server.time.pass(.seconds(passed))
                #expect(try await full.fireDue() == .blocked)
            }

            try await fixture.trigger().fireDue()

            #expect(try await fixture.runs().count == 1)
        }
    }

    @Test func `D6 processes that follow one another lose no minute and double none`() async throws {
        try await Self.with { fixture in
            try await fixture.write([("minutely", "* * * * *")])
            try await fixture.trigger().fireDue()

            for _ in 0..<20 {
                fixture.server.time.pass(.seconds(30))
                try await fixture.trigger().fireDue()
            }

            let runs = try await fixture.runs()
            #expect(runs.count == 10)
            #expect(Set(runs).count == runs.count)
        }
    }

    @Test func `a full queue is waited for, and each minute has its run then`() async throws {
        try await Self.with { fixture in
            try await fixture.write([("a", "* * * * *")])
            let open = fixture.trigger()
            try await open.fireDue()
            let full = TimerTrigger(
                timers: TimerStore(database: fixture.server.database), tasks: fixture.tasks,
                occurrences: fixture.server.store, fixture.server.environment(maxQueued: 0))
            fixture.server.time.pass(.seconds(150))

            let pass = try await full.fireDue()
            let before = try await fixture.runs().count
            let after = try await open.fireDue()

            #expect(pass == .blocked && before == 0)
            #expect(after == .done)
            #expect(try await fixture.runs().count == 2)
        }
    }

    @Test func `a disabled task, a disabled timer and a deleted task fire nothing`() async throws {
        try await Self.with { fixture in
            let trigger = fixture.trigger()
            try await fixture.write([("a", "* * * * *")]) { $0.isEnabled = false }
            try await trigger.fireDue()
            fixture.server.time.pass(.seconds(120))
            try await trigger.fireDue()
            try await fixture.write([("a", "* * * * *")]) { $0.triggers.timers[0].isEnabled = false }
            try await trigger.fireDue()
            fixture.server.time.pass(.seconds(120))
            try await trigger.fireDue()
            #expect(try await fixture.state(trigger).first?.next == [])
            try await fixture.write([("a", "* * * * *")])
            try await trigger.fireDue()
            _ = try await fixture.tasks.delete("t1", in: "local01")
            fixture.server.time.pass(.seconds(120))
            try await trigger.fireDue()

            #expect(try await fixture.runs().isEmpty)
        }
    }

    @Test func `a task that can't be run says why, and its timer goes on`() async throws {
        try await Self.with { fixture in
            let trigger = fixture.trigger()
            try await fixture.write([("a", "* * * * *")]) { $0.agentPoolName = "gone" }
            try await trigger.fireDue()

            fixture.server.time.pass(.seconds(60))
            try await trigger.fireDue()

            let state = try #require(try await fixture.state(trigger).first)
            #expect(state.note?.contains("gone") == true)
            #expect(state.lastRun == nil)
            #expect(state.next.first.map { $0 > fixture.server.time.date } == true)
        }
    }
}
