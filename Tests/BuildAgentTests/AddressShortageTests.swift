import DockerEngine
import Testing

@testable import BuildAgent

@Suite(.timeLimit(.minutes(10)))
struct AddressShortageTests {
    @Test(arguments: [
        // Up to docker 26.
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
        "all predefined address pools have been fully subnetted",
    ]) func `a run waits while the daemon has no addresses for a network`(words: String) async throws {
        try await TestRun().withSession { session in
            var calls = 0

            let id = try await RunPlace(session: session).waitingForAddresses {
                calls += 1
                guard calls > 1 else {
                    throw DockerError.refused(action: "make the network n", status: 500, message: words)
                }
                return "id"
            }

            #expect(id == "id" && calls == 2)
        }
    }

    @Test func `what else the daemon refuses ends the wait`() async throws {
        try await TestRun().withSession { session in
            let refusal = DockerError.refused(action: "make the network n", status: 404, message: "plugin not found")

            await #expect(throws: refusal) {
                try await RunPlace(session: session).waitingForAddresses { throw refusal }
            }
        }
    }
}
