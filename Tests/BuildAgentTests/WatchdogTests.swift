import DockerEngine
import Logging
import TestSupport
import Testing

@testable import BuildAgent

struct WatchdogTests {
    /// The seconds at which an agent is taken for dead that gives such signs.
    private func deaths(_ looks: [(second: Int, sign: UInt64?)]) -> [Int] {
        var life = LifeWatch()
        return looks.filter { life.look($0.sign, at: .seconds($0.second)) }.map(\.second)
    }

    @Test func `T6 an agent without a sign of life for 85 s is dead`() {
        let first = stride(from: 0, through: 90, by: 5).map { (second: $0, sign: UInt64(1) as UInt64?) }
        let second = stride(from: 95, through: 180, by: 5).map { (second: $0, sign: UInt64(2) as UInt64?) }

        #expect(deaths(first + second) == [85, 90, 180])
    }

    @Test func `an agent that ended in order is not looked after`() {
        #expect(deaths(stride(from: 0, through: 300, by: 5).map { ($0, nil) }).isEmpty)
    }

    @Test func `F8 a host that slept does not make its agent dead`() {
        #expect(deaths([(0, 1), (3600, 1), (3605, 1)]).isEmpty)
    }

    @Test func `each sign of life is another, and the last one is taken away`() async throws {
        try await withTemporaryFolder { folder in
            let sign = LifeSign(in: folder)
            #expect(sign.read() == nil)
            sign.give()
            let first = sign.read()
            sign.give()

            #expect(first != nil && sign.read() != first)
            let keeping = Task { await sign.keep() }
            keeping.cancel()
            await keeping.value
            // What the agent had may still be cleaned up after.
            #expect(sign.read() != nil)
            sign.end()
            #expect(sign.read() == nil)
        }
    }

    @Test(.needsDaemon) func `T6 containers of an agent that is dead are killed by its watchdog`() async throws {
        try await TestHost.withShell { shell in
            try await withTemporaryFolder { folder in
                let client = try DockerClient(endpoint: TestHost.endpoint)
                let daemon = try Daemon(client: client, directory: folder + "/names")
                var settings = ContainerSettings(image: shell)
                settings.command = ["sleep", "600"]
                settings.labels = [RunLabels.owner: daemon.owner]
                settings.network = "none"
                let container = try await client.createContainer("watched-\(daemon.owner)", settings)
                try await client.startContainer(container)
                let sign = LifeSign(in: folder)
                sign.give()
                let clock = ManualClock()
                let watchdog = Watchdog(
                    daemon: daemon, sign: sign, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                    clock: clock)

                let watching = Task { await watchdog.run() }
                for _ in 0..<17 { await clock.pass(.seconds(5)) }
                let code = try await client.waitForContainer(container)
                watching.cancel()
                await watching.value

                #expect(code == 137)
                try await client.removeContainer(container)
            }
        }
    }
}
