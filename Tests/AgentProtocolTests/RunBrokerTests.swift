import AgentProtocol
import CurlHTTP
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// What every form of the broker must do.
struct RunBrokerTests {
    @Test(arguments: BrokerForm.allCases)
    func `a run goes from its queue to its end`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            let image = OutputImage(registry: "localhost:5000", repository: "app", tag: "v1", digest: "sha256:1")

            try await server.broker.report(
                .resolved(SourceRevision(commit: "abc", branch: "main")), for: assignment.lease)
            try await server.broker.report(.began, for: assignment.lease)
            try await server.broker.appendLog(Array("hello\r\n".utf8), at: 0, for: assignment.lease)
            try await server.broker.finish(
                assignment.lease, with: RunOutcome(status: .succeeded, outputImages: [image]), logLength: 7)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .succeeded)
            #expect(ended.outputImages == [image])
            #expect(ended.source == SourceRevision(commit: "abc", branch: "main"))
            #expect(try await server.log(of: run.id).contains(/^hello\r\nRun ID: ca1 was successful after \d+s\r\n$/))
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `D8 a run that is handed out again comes with the commit it had`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            _ = try await server.submit()
            let first = try #require(try await server.take())
            #expect(first.commit == nil)
            try await server.broker.report(.resolved(SourceRevision(commit: "abc", branch: "main")), for: first.lease)
            await server.local.takeBack(first)

            #expect(try await server.take()?.commit == "abc")
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `a waiting agent gets a run as soon as it is there`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            #expect(try await server.take() == nil)

            async let next = server.broker.nextRun(for: BrokerFixture.agent, waiting: .seconds(60))
            let run = try await server.submit()

            #expect(try await next?.run == run.id)
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `a run goes to the agent that had the last one of its kind, if that asks`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let other = AgentID("agent-2")
            try await server.join(other)
            let others = try server.broker(of: other)
            _ = try await server.submit()
            _ = try #require(try await server.take())
            async let preferred = server.broker.nextRun(for: BrokerFixture.agent, waiting: .seconds(60))
            async let patient = others.nextRun(for: other, waiting: .seconds(60))
            try await eventually("both to ask") {
                server.local.agents.areAsking([BrokerFixture.agent, other])
            }

            let again = try await server.submit()
            #expect(try await preferred?.run == again.id)
            let unlike = try await server.submit(BrokerFixture.request { $0.imageNames = ["other:v1"] })
            #expect(try await patient?.run == unlike.id)

            // Nobody else asks.
            let third = try await server.submit()
            #expect(try await others.nextRun(for: other, waiting: .zero)?.run == third.id)
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `M2 whoever renews learns of a cancel at once`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            #expect(try await server.broker.renew(assignment.lease, waiting: .zero) == .held)

            async let state = server.broker.renew(assignment.lease, waiting: .seconds(60))
            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            #expect(try await state == .canceled)
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `M3 nothing may be pushed once a stop was asked for`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            let image = try ImageReference("localhost:5000/app:v1")
            _ = try await server.broker.grantPush(assignment.lease, of: image)

            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")

            await #expect(throws: BrokerError.pushRefused("the run is being canceled")) {
                try await server.broker.grantPush(assignment.lease, of: image)
            }
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `G3 a run does not end before its log is complete`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.appendLog(Array("abc".utf8), at: 0, for: assignment.lease)

            await #expect(throws: BrokerError.logIncomplete(stored: 3)) {
                try await server.broker.finish(assignment.lease, with: RunOutcome(status: .succeeded), logLength: 4)
            }
            await #expect(throws: BrokerError.logOffset(expected: 3)) {
                try await server.broker.appendLog(Array("x".utf8), at: 9, for: assignment.lease)
            }

            #expect(try await server.service.show(run.id.text, in: server.registry).status == .started)
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `F5 writes with a lease that was lost are refused`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let lost = try #require(try await server.take())
            try await server.broker.appendLog(Array("first try\r\n".utf8), at: 0, for: lost.lease)
            try await server.local.recover(agents: "agent-*")
            let held = try #require(try await server.take())

            #expect(held.run == run.id)
            #expect(held.epoch == 2)
            #expect(try await server.broker.renew(lost.lease, waiting: .zero) == .lost)
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.appendLog(Array("late".utf8), at: 11, for: lost.lease)
            }
            await #expect(throws: BrokerError.leaseLost) {
                try await server.broker.finish(lost.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            }
            try await server.broker.appendLog(Array("second\r\n".utf8), at: 0, for: held.lease)
            #expect(
                try await server.log(of: run.id).contains(
                    /^first try\r\n[^\n]* waits for another one.\r\nsecond\r\n$/))
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `D3 a run that had begun ends after a restart and is not run again`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let assignment = try #require(try await server.take())
            try await server.broker.report(.began, for: assignment.lease)

            try await server.local.recover(agents: "agent-*")

            #expect(try await server.service.show(run.id.text, in: server.registry).status == .error)
            #expect(try await server.take() == nil)
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `M5 the same end again is accepted, and changes nothing`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let lease = try #require(try await server.take()).lease

            try await server.broker.finish(lease, with: RunOutcome(status: .failed, message: "no"), logLength: 0)
            try await server.broker.finish(lease, with: RunOutcome(status: .failed, message: "no"), logLength: 0)

            let ended = try await server.service.show(run.id.text, in: server.registry)
            #expect(ended.status == .failed)
            #expect(ended.errorMessage == "no")
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `G1 bytes that are there already are acknowledged and not added`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let lease = try #require(try await server.take()).lease

            try await server.broker.appendLog(Array("abc".utf8), at: 0, for: lease)
            try await server.broker.appendLog(Array("abc".utf8), at: 0, for: lease)
            try await server.broker.appendLog(Array("d\r\n".utf8), at: 3, for: lease)

            #expect(try await server.log(of: run.id) == "abcd\r\n")
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `an agent is given all that the request said, secrets included`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let request = BrokerFixture.request(source: "https://me:token@git.example.test/app.git#main:web") {
                $0.arguments = [BuildArgument(name: "A", value: Secret("b"), isSecret: true)]
                $0.buildSecrets = [BuildSecret(id: "npm", content: Secret("s\n"))]
                $0.customCredentials = ["r.test": Credential(username: "u", password: Secret("p"))]
                $0.timeout = .seconds(77)
                $0.agentPoolName = "default"
            }
            let run = try await server.submit(request)

            let given = try #require(try await server.take())

            #expect(given.run == run.id)
            #expect(given.request == request)
            #expect(given.source == .git(Secret("https://me:token@git.example.test/app.git#main:web")))
            #expect(given.registry == server.registry)
            #expect(given.pullCredentials["r.test"]?.password.value == "p")
            #expect(given.gitSSH == GitSSH(privateKey: Secret("key"), knownHosts: "hosts"))
            #expect(given.timeout == .seconds(77))
            #expect(given.terms == LeaseTerms())
            #expect(given.epoch == 1)
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `an uploaded context is there as long as its lease`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let path = try await server.upload(bytes)
            _ = try await server.submit(BrokerFixture.request(source: path))
            let given = try #require(try await server.take())
            #expect(given.source == .upload)

            let file = try await server.broker.uploadedContext(given.lease, in: server.folder + "/agent")

            #expect(try Data(contentsOf: URL(filePath: file)) == Data(bytes))
            try await server.broker.finish(given.lease, with: RunOutcome(status: .succeeded), logLength: 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: server.folder + "/agent") == [])
        }
    }

    @Test func `a copy of an uploaded context goes with a run that is given up`() async throws {
        try await BrokerFixture.with(.http) { server async throws in
            let path = try await server.upload([1, 2, 3])
            _ = try await server.submit(BrokerFixture.request(source: path))
            let given = try #require(try await server.take())
            _ = try await server.broker.uploadedContext(given.lease, in: server.folder + "/agent")

            server.broker.release(given.lease)

            #expect(try FileManager.default.contentsOfDirectory(atPath: server.folder + "/agent") == [])
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `an archive of what was built is kept up to its limit`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            _ = try await server.submit()
            let lease = try #require(try await server.take()).lease
            func keep(_ count: Int) async throws {
                let pipe = BytePipe(capacity: 4 << 20)
                try await pipe.write([UInt8](repeating: 7, count: count))
                pipe.finish()
                try await server.broker.keepOutput(.oci, pipe, for: lease)
            }

            try await keep(700_000)
            await #expect(throws: BrokerError.outputTooLarge(limit: 1 << 20)) { try await keep(2_000_000) }
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `an attempt that has lost its run meanwhile keeps nothing`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let given = try #require(try await server.take())
            let pipe = BytePipe(capacity: 1)
            let keeping = Task { try await server.broker.keepOutput(.oci, pipe, for: given.lease) }
            // The second byte is taken once the first was.
            for byte in [UInt8(1), 2] { try await pipe.write([byte]) }

            await server.local.takeBack(given)
            pipe.finish()

            await #expect(throws: BrokerError.leaseLost) { try await keeping.value }
            #expect(try server.service.keptOutput(of: run) == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: server.folder + "/uploads") == [])
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `what becomes of steps and builds is told in order`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let run = try await server.submit()
            let lease = try #require(try await server.take()).lease
            let time = Date(timeIntervalSince1970: 1_700_000_000)
            var step = StepResult(id: "one", kind: .build, dependencies: [])
            try await server.broker.report(.began, for: lease)
            try await server.broker.report(.planned([step]), for: lease)
            step.status = .running
            step.startTime = time
            try await server.broker.report(.step(step), for: lease)
            let vertex = BuildVertex(position: 0, number: 1, name: "[1/1] RUN x", status: .running, startTime: time)
            try await server.broker.report(
                .vertices(BuildVertices(step: "one", attempt: 1, vertices: [vertex])), for: lease)
            try await server.broker.report(.waiting("for a mirror"), for: lease)

            let shown = try await server.service.show(run.id.text, in: server.registry)
            #expect(shown.status == .running)
            #expect(shown.waitReason == "for a mirror")
            #expect(try await server.store.steps(of: run.id) == [step])
        }
    }

    @Test(arguments: BrokerForm.allCases)
    func `an agent tells how it is, and learns whether it is drained`(form: BrokerForm) async throws {
        try await BrokerFixture.with(form) { server async throws in
            let agent = BrokerFixture.agent
            try await server.broker.register(BrokerFixture.description(of: agent))

            let orders = try await server.broker.heartbeat(AgentReport(running: 0), of: agent)
            _ = try await server.broker.heartbeat(AgentReport(obstacle: "its disk is full"), of: agent)

            #expect(!orders.isDraining)
            let status = try #require(server.registrar.agents(of: PoolID(name: "default")).first)
            #expect(status.state == .unhealthy("its disk is full"))
            #expect(status.description.labels == ["zone": "a"])
            server.local.agents.setDraining(true, agent)
            #expect(try await server.broker.heartbeat(AgentReport(), of: agent).isDraining)
            _ = try await server.submit()
            #expect(try await server.broker.nextRun(for: agent, waiting: .zero) == nil)
            server.local.agents.setDraining(false, agent)
            #expect(try await server.broker.nextRun(for: agent, waiting: .zero) != nil)
        }
    }
}
