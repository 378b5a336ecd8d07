import AgentProtocol
import Foundation
import TaskModel
import Testing

/// What versions that differ make of each other's messages.
struct WireTests {
    @Test func `F14 fields that are not known are ignored, and missing ones have defaults`() throws {
        let heartbeat = try AgentJSON.decode(
            HeartbeatRequest.self, from: Array(#"{"running":2,"temperature":{"celsius":40}}"#.utf8))
        let orders = try AgentJSON.decode(HeartbeatAnswer.self, from: Array("{}".utf8))
        let settings = try AgentJSON.decode(RegistrationAnswer.self, from: Array(#"{"new":[1],"settings":{}}"#.utf8))

        #expect(heartbeat.report == AgentReport(running: 2))
        #expect(orders.orders == AgentOrders())
        #expect(settings.settings == AgentSettings())
    }

    @Test func `F14 an event of a later version is passed over, and a state of one is a reason to stop`() throws {
        let event = try AgentJSON.decode(EventRequest.self, from: Array(#"{"levitated":true}"#.utf8))
        let renewal = try AgentJSON.decode(RenewalAnswer.self, from: Array(#"{"state":"suspended"}"#.utf8))

        #expect(event.event == nil)
        #expect(renewal.leaseState == .canceled)
    }

    @Test(arguments: [
        RunEvent.began, .waiting(nil), .waiting("x"), .resolved(SourceRevision(commit: "c", branch: nil)),
        .planned([]), .step(StepResult(id: "a", kind: .push, dependencies: ["b"], exitCode: 3)),
    ])
    func `an event arrives as it was`(event: RunEvent) throws {
        let sent = try AgentJSON.encode(EventRequest(event))

        #expect(try AgentJSON.decode(EventRequest.self, from: sent).event == event)
    }

    @Test func `an outcome arrives as it was`() throws {
        let outcome = RunOutcome(
            status: .failed, message: "no",
            outputImages: [
                OutputImage(registry: "r", repository: "a/b", tag: "v", digest: "sha256:1")
            ], failure: RunOutcome.Failure(step: "s", exitCode: 2, kind: .push),
            baseImages: [
                BaseImageRecord(
                    step: "s", platform: .linuxAMD64, image: try ImageReference("alpine:3"), use: .runtime,
                    digest: "sha256:2", source: .builder, registryDigest: "sha256:3", problem: nil)
            ])
        let sent = try AgentJSON.encode(OutcomeRequest(outcome, logLength: 9))

        let got = try AgentJSON.decode(OutcomeRequest.self, from: sent)

        #expect(try got.outcome() == outcome)
        #expect(got.logLength == 9)
    }

    @Test(arguments: [
        BrokerError.leaseLost, .logOffset(expected: 5), .logIncomplete(stored: 6), .pushRefused("canceled"),
        .unknownAgent(AgentID("a")), .outputTooLarge(limit: 7), .outputNotKept, .notAuthorized("gone"),
        .refused("why"),
    ])
    func `a refusal is understood as it was meant`(error: BrokerError) throws {
        let answer = try #require(AgentRefusal.answer(to: error))

        #expect(AgentRefusal.error(status: answer.status, answer.refusal) == error)
    }

    @Test(arguments: [500, 502, 503, 429, 408, 404])
    func `an answer of something else says only that the server can't be reached`(status: Int) {
        if case .unreachable = AgentRefusal.error(status: status, nil) { return }
        Issue.record("\(status) is no reason to give up")
    }

    @Test func `what an agent shows is read as it was written`() throws {
        let key = AgentCredential(.agent, id: "build-1", secret: AgentCredential.randomSecret())

        #expect(AgentCredential(key.text.value) == key)
        for text in ["", "agent.build-1", "agent..x", "agent.B.x", "robot.build-1.x", "agent.build-1."] {
            #expect(AgentCredential(text) == nil)
        }
    }
}
