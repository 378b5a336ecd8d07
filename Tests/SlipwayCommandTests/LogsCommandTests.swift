import TestSupport
import Testing

struct LogsCommandTests {
    @Test func `what there is of the newest run's log is shown`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.log = Array("one\r\n\u{1B}[31mtwo\u{1B}[0m\r\nthree".utf8) }

            let result = try await slipway.run("logs")

            #expect(result.code == 0)
            #expect(result.output == "one\ntwo\nthree")
        }
    }

    @Test func `following ends with the run and its exit code`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.log = Array("one\r\n".utf8) }

            let result = try await slipway.run("logs", "-f", "ca1") { _ in
                await stub.wait { $0.linksGiven > 0 }
                stub.change {
                    $0.log += Array("two\r\n".utf8)
                    $0.status = "Failed"
                    $0.complete = "failed"
                }
            }

            #expect(result.output == "one\ntwo\n")
            #expect(result.code == 1)
        }
    }
}
