import ArgumentParser
import Testing

@testable import slipway_agent

/// What `slipway-agent` is told.
struct AgentOptionsTests {
    private func configuration(
        _ arguments: [String], _ environment: [String: String] = [:]
    ) throws -> AgentConfiguration {
        try AgentConfiguration(try AgentOptions.parse(arguments), environment: environment)
    }

    @Test func `the server is all that has to be said`() throws {
        let configuration = try configuration(["--server", "https://s.test"])

        #expect(configuration.server == "https://s.test")
        #expect(configuration.pool == "default")
        #expect(configuration.slots >= 1)
        #expect(configuration.docker == "unix:///var/run/docker.sock")
        #expect(configuration.data == "/var/lib/slipway-agent")
        #expect(configuration.minFreeDisk == 5 << 30)
        #expect(configuration.name == nil)
        #expect(configuration.listen == nil)
    }

    @Test func `the watchdog finds what the agent's variables name`() throws {
        let environment = ["SLIPWAY_AGENT_DATA": "/srv/agent", "SLIPWAY_AGENT_DOCKER": "unix:///run/d.sock"]

        let places = try Watch.parse([]).places(in: environment)

        #expect(places.data == "/srv/agent")
        #expect(places.docker == "unix:///run/d.sock")
        #expect(try Watch.parse(["--data", "/d"]).places(in: environment).data == "/d")
        #expect(try Watch.parse([]).places(in: [:]).data == "/var/lib/slipway-agent")
    }

    @Test func `variables stand in for options, which come first`() throws {
        let environment = [
            "SLIPWAY_AGENT_SERVER": "https://v.test", "SLIPWAY_AGENT_POOL": "p", "SLIPWAY_AGENT_SLOTS": "3",
            "SLIPWAY_AGENT_LABELS": "zone=a,disk=ssd", "SLIPWAY_AGENT_LISTEN": "[::1]:9100",
            "SLIPWAY_AGENT_MIN_FREE_DISK": "2GiB",
        ]

        let configuration = try configuration(["--pool", "q"], environment)

        #expect(configuration.server == "https://v.test")
        #expect(configuration.pool == "q")
        #expect(configuration.slots == 3)
        #expect(configuration.labels == ["zone": "a", "disk": "ssd"])
        #expect(configuration.listen?.host == "::1")
        #expect(configuration.listen?.port == 9100)
        #expect(configuration.minFreeDisk == 2 << 30)
    }

    @Test(arguments: [
        ([], "--server"), (["--slots", "0"], "1 to 1000"), (["--docker", "tcp://h:1"], "unix://"),
        (["--label", "x"], "NAME=VALUE"), (["--label", "a=b c"], "NAME=VALUE"), (["--name", "A_b"], "lower-case"),
        (["--listen", "9100"], "host:port"), (["--min-free-disk", "much"], "5GiB"), (["--log-level", "loud"], "debug"),
    ])
    func `what can't be used is named, with what can`(arguments: [String], words: String) {
        let server = arguments.isEmpty ? [] : ["--server", "https://s.test"]

        #expect {
            try configuration(arguments + server)
        } throws: {
            "\($0)".contains(words)
        }
    }
}
