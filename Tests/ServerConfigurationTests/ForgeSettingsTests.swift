import CurlHTTP
import Forges
import TaskModel
import Testing

@testable import slipway_server

/// Forges of one's own, and whether hooks are made there.
struct ForgeSettingsTests {
    @Test func `a forge of one's own is known by its host`() async throws {
        let configuration = try await configuration(
            """
            forges:
              - {host: "Git.example.com:443", kind: gitea}
              - {host: "labs.example.com:8443", kind: gitlab, api: "https://api.example.com/v4/"}
            """)

        #expect(
            configuration.forges == [
                ForgeHost(host: "git.example.com", kind: .gitea),
                ForgeHost(host: "labs.example.com:8443", kind: .gitLab, api: "https://api.example.com/v4"),
            ])
    }

    @Test func `S3 a forge that is configured may be on the machine itself, and nothing else for that`() async throws {
        let configuration = try await configuration("forges: [{host: \"127.0.0.1:3000\", kind: gitea}]")
        let loopback = IPAddress(bytes: [127, 0, 0, 1])

        #expect(configuration.forgeAddresses.allows(origin: "https://127.0.0.1:3000", address: loopback))
        #expect(!configuration.forgeAddresses.allows(origin: "https://127.0.0.1:3001", address: loopback))
        #expect(!configuration.sources.addresses.allows(origin: "https://127.0.0.1:3000", address: loopback))
    }

    @Test(arguments: [
        ("", false), ("publicURL: https://ci.example.com", true),
        ("{publicURL: https://ci.example.com, triggers: {hooks: false}}", false), ("triggers: {hooks: true}", true),
    ])
    func `hooks are made where somebody said how the server is reached`(yaml: String, makesHooks: Bool) async throws {
        let configuration = try await configuration(yaml)

        #expect(configuration.makesHooks == makesHooks)
    }

    @Test func `statuses of commits link to a page where one is given`() async throws {
        let page = try await configuration("triggers: {statusURL: 'https://ci.example/{registry}/{run}?a'}").statusPage

        #expect(try await configuration("publicURL: https://ci.example.com").statusPage == nil)
        #expect(page?.url(of: RunID(sequence: 1), in: "local01") == "https://ci.example/local01/ca1?a")
        for wrong in ["http://ci.example/{run}", "https://ci.example/", "https://me:pw@ci.example/{run}"] {
            await #expect(throws: ConfigurationError.self) {
                try await configuration("triggers: {statusURL: '\(wrong)'}")
            }
        }
    }

    @Test func `repositories are looked at every five minutes, more often than twice a minute in tests alone`()
        async throws
    {
        let short = try await configuration("triggers: {pollInterval: 1s, allowShort: true}")

        #expect(try await configuration("").pollInterval == .seconds(300))
        #expect(short.pollInterval == .seconds(1))
        await #expect(throws: ConfigurationError.self) { try await configuration("triggers: {pollInterval: 29s}") }
    }
}
