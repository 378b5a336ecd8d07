import AgentProtocol
import Foundation
import TaskModel
import Testing

@testable import slipway_server

/// What agents are told of the configuration.
struct AgentSettingsTests {
    @Test func `agents are told all that concerns them, and no secret`() async throws {
        let configuration = try await configuration(
            """
            publicURL: https://build.test
            registries:
              - {name: direct, loginServer: "r.test", endpoint: "https://inside.test", username: u, password: hidden}
              - {name: front, gateway: true, endpoint: "http://127.0.0.1:5000", username: u, password: hidden}
            sources: {allow: ["http://git.test", 10.1.0.0/16], deny: [10.0.0.0/8]}
            tokenRealms: ["https://login.test"]
            limits: {logBytes: 1MiB, contextEntries: 7}
            pools:
              - {name: a, slots: 0, cache: {maxBytes: 1GiB, maxAge: 1d}}
            """)

        let settings = try AgentSettings(configuration, registryCertificates: []).with(configuration.pools.first)

        #expect(settings.sources?.allowedNetworks == ["10.1.0.0/16"])
        #expect(settings.sources?.allowedOrigins == ["http://git.test"])
        #expect(settings.sources?.refusedNetworks?.contains("10.0.0.0/8") == true)
        #expect(settings.sources?.refusedNetworks?.contains("fe80::/10") == true)
        #expect(settings.registries?.allowedOrigins?.contains("https://inside.test") == true)
        #expect(
            settings.endpoints == [
                AgentSettings.Endpoint(loginServer: "r.test", url: "https://inside.test"),
                AgentSettings.Endpoint(loginServer: "build.test", url: "https://build.test"),
            ])
        #expect(settings.tokenRealms == ["https://login.test"])
        #expect(settings.logBytes == 1 << 20)
        #expect(settings.contextEntries == 7)
        #expect(settings.cacheBytes == 1 << 30)
        #expect(settings.cacheAgeSeconds == 86_400)
        let sent = String(decoding: try AgentJSON.encode(settings), as: UTF8.self)
        #expect(!sent.contains("hidden"))
    }
}
