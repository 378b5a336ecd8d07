import Foundation
import TestSupport
import Testing

struct TriggerCommandTests {
    private static let delivery =
        #"{"id":"7","kind":"github","task":"web","trigger":"source","deliveryId":"d1","time":"2026-01-02T03:04:05Z","#
        + #""state":"done","attempts":0,"outcome":"started ca1","runs":["ca1"]}"#

    private func withDelivery(_ body: (ResourceAPIStub, CommandRunner) async throws -> Void) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.answers = [
                    "GET /triggerDeliveries": #"{"value":[\#(Self.delivery)]}"#,
                    "GET /triggerDeliveries/7": Self.delivery, "POST /triggerDeliveries/7/replay": Self.delivery,
                    "POST /triggerDeliveries/7/approve": Self.delivery,
                ]
            }
            try await body(stub, slipway)
        }
    }

    @Test func `deliveries are listed with what became of them`() async throws {
        try await withDelivery { _, slipway async throws in
            let listed = try await slipway.run("trigger", "deliveries", "-n", "web")
            let shown = try await slipway.run("trigger", "delivery", "7")

            let lines = listed.output.split(separator: "\n")
            #expect(lines.first?.split(separator: " ") == ["ID", "TIME", "FROM", "TASK", "STATE", "OUTCOME"])
            #expect(lines.last?.hasPrefix("7 ") == true)
            #expect(lines.last?.hasSuffix("github  web   done   started ca1") == true)
            #expect(shown.output == listed.output)
        }
    }

    @Test func `a delivery is replayed, and a commit of it approved`() async throws {
        try await withDelivery { stub, slipway async throws in
            let replayed = try await slipway.run("trigger", "replay", "7")
            let approved = try await slipway.run("trigger", "approve", "7", "--commit", "c0ffee")

            #expect(replayed.code == 0 && approved.code == 0)
            #expect(stub.now.bodies.last == #"{"commit":"c0ffee"}"#)
        }
    }

    @Test func `what is no id of a delivery is refused before anything is asked`() async throws {
        try await withDelivery { _, slipway async throws in
            let refused = try await slipway.run("trigger", "replay", "../tasks/web")

            #expect(refused.code != 0)
            #expect(refused.errors.contains("is no id of a delivery"))
        }
    }
}
