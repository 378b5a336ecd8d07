import AgentProtocol
import ArgumentParser
import CurlHTTP
import Logging
import TaskModel
import Testing

@testable import slipway_server

struct ConfigurationDefaultsTests {
    @Test func `without any configuration a server has all it needs`() async throws {
        let configuration = try await configuration()

        #expect(configuration.data == "/var/lib/slipway")
        #expect(configuration.listen.description == "127.0.0.1:8443")
        #expect(configuration.publicURL == "https://127.0.0.1:8443")
        #expect(
            configuration.registries == [
                Registry(name: "local01", loginServer: "localhost:5000", endpoint: "http://localhost:5000")
            ])
        #expect(configuration.pools.map(\.name) == ["default"])
        #expect(configuration.pools[0].dockerEndpoint == "unix:///var/run/docker.sock")
        #expect((1...64).contains(configuration.pools[0].slots))
        #expect(configuration.pools[0].policy == PoolPolicy())
        #expect(configuration.pools[0].cache == CacheLimits())
        #expect(configuration.taskFiles == TaskFileSettings())
        #expect(configuration.builds == BuildSettings())
        #expect(configuration.credentials.isEmpty)
        #expect(configuration.tls == TLSSettings(own: nil, extraCertificates: [], names: []))
        #expect(configuration.sources.git.isEmpty)
        #expect(configuration.sources.ssh == nil)
        #expect(configuration.proxy == ProxySettings())
        #expect(configuration.log.level == .info)
        #expect(configuration.log.format == .text)
        #expect(configuration.warnings.isEmpty)
    }

    @Test func `limits are those of the manual`() async throws {
        let limits = try await configuration().limits

        #expect(limits.contextPackedBytes == 4 << 30)
        #expect(limits.contextUnpackedBytes == 16 << 30)
        #expect(limits.contextEntries == 500_000)
        #expect(limits.gitCacheBytes == 20 << 30)
        #expect(limits.logBytes == 256 << 20)
        #expect(limits.runTimeout == .seconds(3600))
        #expect(limits.maxRunTimeout == .seconds(28_800))
        #expect(limits.maxQueued == 10_000)
        #expect(limits.queueTime == .seconds(86_400))
    }

    @Test func `leases last from 45 seconds to an hour, and less only where that is allowed`() async throws {
        let standard = try await configuration().leases
        let short = try await configuration("leases: {duration: 6s, allowShort: true, hold: 0}").leases
        let error = await #expect(throws: ConfigurationError.self) {
            try await configuration("leases: {duration: 44s}")
        }

        #expect(standard == LeaseTerms(duration: .seconds(90), renewEvery: .seconds(10), hold: .seconds(900)))
        #expect(short == LeaseTerms(duration: .seconds(6), renewEvery: .seconds(2), hold: .zero))
        #expect("\(try #require(error))".contains("a time from 45 to 3600 seconds"))
    }

    @Test func `caches have limits, and syntax lines rules`() async throws {
        let given = try await configuration(
            """
            pools: [{name: p, cache: {maxBytes: 20GiB, maxAge: 14d}}]
            builds: {syntax: ['docker/dockerfile=m.test/d', builtin]}
            """)
        let variable = try await configuration(environment: ["SLIPWAY_BUILDS_SYNTAX": "a/b=builtin, builtin"])

        #expect(given.pools[0].cache == CacheLimits(maxBytes: 20 << 30, maxAge: .seconds(14 * 86_400)))
        #expect(given.builds.syntax == ["docker/dockerfile=m.test/d", "builtin"].compactMap(SyntaxRule.init))
        #expect(variable.builds.syntax.count == 2)
        await #expect(throws: ConfigurationError.self) { try await configuration("builds: {syntax: [yes please]}") }
    }

    @Test func `a server that listens everywhere is named after its machine in links`() async throws {
        let configuration = try await configuration(flags: ["--listen", "0.0.0.0:9443"])

        #expect(configuration.publicURL == "https://\(machineName() ?? "localhost"):9443")
    }

    @Test func `a lower longest time for runs lowers that of runs that do not say`() async throws {
        let limits = try await configuration("limits: {maxRunTimeout: 10m}").limits

        #expect(limits.runTimeout == .seconds(600))
    }

    @Test func `the table has each setting once, and its defaults can be used`() async throws {
        let paths = Setting.all.map(\.path)

        #expect(Set(paths).count == paths.count)
        for setting in Setting.all where setting.isSecret { #expect(setting.standard == .none) }
        #expect(Setting.all.allSatisfy { !$0.meaning.isEmpty && $0.meaning.hasSuffix(".") })
        let variables = Setting.all.compactMap(\.environment)
        #expect(Set(variables).count == variables.count)
        #expect(variables.allSatisfy { $0.hasPrefix("SLIPWAY_") })
        _ = try await configuration()
    }

    @Test func `every flag of the command line is in the table`() {
        let help = ServerOptions.helpMessage()
        let flags = Setting.all.compactMap(\.flag)

        #expect(flags.count == 10)
        for flag in flags { #expect(help.contains(flag + " <")) }
    }

    @Test func `the table is a Markdown table with a row for each setting`() {
        let lines = Setting.markdown.split(separator: "\n")

        #expect(lines.count == Setting.all.count + 2)
        #expect(lines[0] == "| Setting | Default | Unit | Meaning | Environment | Flag |")
        #expect(lines.contains { $0.hasPrefix("| `limits.logBytes` | `256MiB` | bytes |") })
    }
}
