import Foundation
import TestSupport
import Testing

struct InterruptTests {
    private let arguments = "https://git.example.test/app.git"

    @Test func `Ctrl-C asks, and yes cancels the run and follows it to its end`() async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.runOnTerminal("build", arguments) { process, terminal in
                await stub.wait { $0.linksGiven > 0 }
                process.interrupt()
                await terminal.wait { $0.contains("Cancel run ca1? [y/N] ") }
                try terminal.type("y\n")
            }

            #expect(result.code == 4)
            #expect(stub.now.cancels == 1)
            #expect(result.screen.contains("Canceling run ca1..."))
        }
    }

    @Test(arguments: ["n\n", "\n"])
    func `Ctrl-C and no leaves the run alone`(answer: String) async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.runOnTerminal("build", "--no-logs", arguments) { process, terminal in
                await stub.wait { !$0.scheduled.isEmpty }
                await terminal.wait { $0.contains("Queued a build with ID: ca1") }
                process.interrupt()
                await terminal.wait { $0.contains("[y/N] ") }
                try terminal.type(answer)
            }

            #expect(result.code == 130)
            #expect(stub.now.cancels == 0)
            #expect(result.screen.contains("Run ca1 goes on. Follow it with: slipway logs -f ca1"))
        }
    }

    @Test func `a second Ctrl-C leaves at once`() async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.runOnTerminal("logs", "-f", "ca1") { process, terminal in
                await stub.wait { $0.linksGiven > 0 }
                process.interrupt()
                await terminal.wait { $0.contains("[y/N] ") }
                process.interrupt()
            }

            #expect(result.code == 130)
            #expect(stub.now.cancels == 0)
            #expect(result.screen.contains("Run ca1 goes on."))
        }
    }

    @Test func `packing shows how far it is on a terminal`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "Dockerfile")

            let result = try await slipway.runOnTerminal("build", "--no-wait", ".") { _, _ in }

            #expect(result.code == 0)
            #expect(result.screen.contains("\u{1B}[KPacked 1 entries"))
        }
    }
}
