import Contexts
import DockerEngine
import TaskModel
import TestSupport
import Testing

@testable import BuildAgent

struct AgentHealthTests {
    @Test func `F6 an agent whose daemon does not answer says so and takes no run`() async throws {
        try await withTemporaryFolder { folder in
            let health = AgentHealth(
                client: try DockerClient(endpoint: "unix://\(folder)/none.sock"), directory: folder)

            #expect(await health.look()?.contains("there is no such socket") == true)
            #expect(await !health.doesDaemonAnswer())
        }
    }

    @Test(.needsDaemon, arguments: [(Int64(1), false), (Int64.max, true)])
    func `F7 an agent takes no run below its disk limit`(limit: Int64, isShort: Bool) async throws {
        try await withTemporaryFolder { folder in
            let health = AgentHealth(
                client: try DockerClient(endpoint: TestHost.endpoint), directory: folder, minFreeDisk: limit)

            #expect((await health.look() != nil) == isShort)
            #expect(await health.look()?.contains("free on the disk of \(folder)") != !isShort)
        }
    }

    @Test func `F7 a run that a full disk ends names the agent`() {
        let failure = RunFailure(
            DockerError.build(.step(message: "write /layer: no space left on device")), step: "build")

        let explained = failure.explained(agent: "a1")

        #expect(explained.status == .failed)
        #expect(explained.message.hasPrefix("no space left on agent a1: "))
        #expect(RunFailure.failed("exit status 1").explained(agent: "a1").message == "exit status 1")
    }

    @Test func `T16 closed slots let runs go on and are filled again once nothing closes them`() async throws {
        let slots = AgentSlots(2)
        try await slots.take()
        slots.setClosed(true, because: .draining)
        slots.setClosed(true, because: .unwell)
        try await slots.overflow()

        async let next: Void = slots.take()
        slots.setClosed(false, because: .draining)
        #expect(slots.taken == 1)
        slots.setClosed(false, because: .unwell)

        try await next
        #expect(slots.taken == 2)
    }
}
