import CurlHTTP
import Logging
import TaskModel
import TestSupport
import Testing

@testable import slipway_server

struct ConfigurationLayersTests {
    @Test func `flags win over the environment, that over the file, that over defaults`() async throws {
        let yaml = "listen: 127.0.0.1:1001\nlog: {level: debug, format: json}\nlimits: {maxQueued: 7}\n"
        let environment = ["SLIPWAY_LISTEN": "127.0.0.1:1002", "SLIPWAY_LOG_LEVEL": "warning"]

        let configuration = try await configuration(
            yaml, flags: ["--listen", "127.0.0.1:1003"], environment: environment)

        #expect(configuration.listen.port == 1003)
        #expect(configuration.log.level == .warning)
        #expect(configuration.log.format == .json)
        #expect(configuration.limits.maxQueued == 7)
        #expect(configuration.limits.logBytes == 256 << 20)
    }

    @Test func `a whole file is understood`() async throws {
        let yaml = """
            data: store
            listen: "[::]:9443"
            publicURL: https://Slipway.example.com/
            tls:
              names: [builds.example.com, 10.0.0.5]
            registries:
              - name: Main01
                loginServer: registry.example.com
                username: pusher
                passwordFile: pw
              - {name: other, loginServer: "127.0.0.1:5001"}
              - {name: third, loginServer: c.example.com, endpoint: "http://10.0.0.9:5000", username: a, password: 123}
            credentials:
              - {server: Bases.example.com, username: reader, passwordFile: pw}
            pools:
              - name: default
              - name: small-1
                docker: unix:///run/other.sock
                slots: 1
                policy:
                  refuseSecretBuildArguments: true
                  allow: [docker-socket, host-network]
                  memory: 2GiB
                  cpus: 1.5
                  noNewPrivileges: true
                  emulation: false
            steps:
              shellImage: registry.example.com/docker:28-cli
              aliasImages: [bash=registry.example.com/bash:5, own=own]
              remoteAliases: true
            sources:
              allow: [http://Git.example.com:80, 127.0.0.0/8, "http://10.0.0.9:5000", "ssh://git.example.com:2222"]
              deny: [10.9.0.0/16]
              git:
                - {host: git.example.com, tokenFile: pw}
                - {host: "git2.example.com:443", username: me, passwordFile: pw}
            proxy: {https: "http://u:p@proxy:3128", except: [.example.com]}
            limits: {runTimeout: 90, contextPackedBytes: 512MiB}
            log:
              level:
            """

        let configuration = try await configuration(yaml, files: ["pw": "s3cret\n"])

        let secret = Secret("s3cret")
        #expect(configuration.data.hasSuffix("/store") && configuration.data.hasPrefix("/"))
        #expect(configuration.listen.host == "::" && configuration.listen.isWildcard)
        #expect(configuration.publicURL == "https://slipway.example.com")
        #expect(configuration.tls.names == ["builds.example.com", "10.0.0.5"])
        #expect(
            configuration.registries == [
                Registry(
                    name: "Main01", loginServer: "registry.example.com", endpoint: "https://registry.example.com",
                    credential: Credential(username: "pusher", password: secret)),
                Registry(name: "other", loginServer: "127.0.0.1:5001", endpoint: "http://127.0.0.1:5001"),
                Registry(
                    name: "third", loginServer: "c.example.com", endpoint: "http://10.0.0.9:5000",
                    credential: Credential(username: "a", password: Secret("123"))),
            ])
        #expect(
            configuration.credentials == [
                RegistryLogin(server: "bases.example.com", credential: Credential(username: "reader", password: secret))
            ])
        #expect(configuration.pools.map(\.name) == ["default", "small-1"])
        #expect(
            configuration.pools[1]
                == AgentPool(
                    name: "small-1", dockerEndpoint: "unix:///run/other.sock", slots: 1,
                    policy: PoolPolicy(
                        refuseSecretBuildArguments: true, allowed: [.dockerSocket, .hostNetwork], stepMemory: 2 << 30,
                        stepNanoCPUs: 1_500_000_000, noNewPrivileges: true, allowsEmulation: false)))
        #expect(
            configuration.taskFiles
                == TaskFileSettings(
                    shellImage: "registry.example.com/docker:28-cli",
                    aliasImages: ["bash": "registry.example.com/bash:5", "own": "own"], allowsRemoteAliases: true))
        #expect(
            configuration.sources.addresses.allowedOrigins == [
                "http://git.example.com", "http://10.0.0.9:5000", "ssh://git.example.com:2222",
            ])
        #expect(
            configuration.sources.git == [
                "git.example.com": Credential(username: "oauth2", password: secret),
                "git2.example.com": Credential(username: "me", password: secret),
            ])
        #expect(configuration.proxy == ProxySettings(https: "http://u:p@proxy:3128", except: [".example.com"]))
        #expect(configuration.limits.runTimeout == .seconds(90))
        #expect(configuration.limits.contextPackedBytes == 512 << 20)
        #expect(configuration.log.level == .info)
    }

    @Test(arguments: ["", "# nothing\n", "~\n", "{}\n", "---\n"])
    func `an empty file is no configuration`(yaml: String) async throws {
        #expect(try await configuration(yaml).registries.map(\.name) == ["local01"])
    }

    @Test(arguments: [
        ("localhost:5301", "local01", "localhost:5301", "http://localhost:5301"),
        ("main01=registry.example.com", "main01", "registry.example.com", "https://registry.example.com"),
        ("main01=reg.example.com=http://127.0.0.1:5000", "main01", "reg.example.com", "http://127.0.0.1:5000"),
    ])
    func `a registry is one flag or one variable`(text: String, name: String, server: String, endpoint: String)
        async throws
    {
        let expected = [Registry(name: name, loginServer: server, endpoint: endpoint)]

        #expect(try await configuration(flags: ["--registry", text]).registries == expected)
        #expect(try await configuration(environment: ["SLIPWAY_REGISTRY": text]).registries == expected)
    }

    @Test func `registries by flag take the place of those in the file, with the login in the environment`()
        async throws
    {
        let yaml =
            "registries: [{name: file01, loginServer: a.example.com}, {name: file02, loginServer: b.example.com}]"
        let flags = ["--registry", "flag01=c.example.com", "--registry", "flag02=d.example.com"]
        let environment = ["SLIPWAY_REGISTRY_USERNAME": "me", "SLIPWAY_REGISTRY_PASSWORD": "pw"]

        let registries = try await configuration(yaml, flags: flags, environment: environment).registries

        #expect(registries.map(\.name) == ["flag01", "flag02"])
        #expect(registries[0].credential == Credential(username: "me", password: Secret("pw")))
        #expect(registries[1].credential == nil)
    }

    @Test func `a password in the environment takes the place of a password file in the file`() async throws {
        let yaml = "registries: [{name: file01, loginServer: a.example.com, username: me, passwordFile: /nowhere}]"

        let registries = try await configuration(yaml, environment: ["SLIPWAY_REGISTRY_PASSWORD": "pw"]).registries

        #expect(registries[0].credential?.password.value == "pw")
    }

    @Test func `a variable names a file with the password`() async throws {
        try await withTemporaryFolder { folder in
            try write("p@ss\r\n", to: "\(folder)/pw")
            let environment = ["SLIPWAY_REGISTRY_USERNAME": "me", "SLIPWAY_REGISTRY_PASSWORD_FILE": "\(folder)/pw"]

            let registries = try await configuration(environment: environment).registries

            #expect(registries[0].credential?.password.value == "p@ss")
        }
    }

    @Test func `flags for a pool are for the first one`() async throws {
        let yaml = "pools: [{name: one, slots: 3}, {name: two, slots: 4}]"

        let pools = try await configuration(yaml, flags: ["--slots", "9", "--docker", "unix:///tmp/d.sock"]).pools

        #expect(pools.map(\.slots) == [9, 4])
        #expect(pools.map(\.dockerEndpoint) == ["unix:///tmp/d.sock", "unix:///var/run/docker.sock"])
    }

    @Test func `lists in the environment are separated by commas`() async throws {
        let environment = ["SLIPWAY_SOURCES_ALLOW": "http://127.0.0.1:8080, 10.1.0.0/16", "SLIPWAY_TLS_NAMES": "a,b"]

        let configuration = try await configuration("sources: {allow: [http://file.example]}", environment: environment)

        #expect(configuration.sources.addresses.allowedOrigins == ["http://127.0.0.1:8080"])
        #expect(configuration.sources.addresses.allowed == [Network("10.1.0.0/16")])
        #expect(configuration.tls.names == ["a", "b"])
    }

    @Test func `empty variables count as not given`() async throws {
        #expect(try await configuration(environment: ["SLIPWAY_LISTEN": "", "SLIPWAY_CONFIG": ""]).listen.port == 8443)
    }

    @Test func `the usual proxy variables hold until a proxy is configured`() async throws {
        let environment = ["https_proxy": "http://usual:3128", "no_proxy": "a,b"]

        let usual = try await configuration(environment: environment).proxy
        let own = try await configuration("proxy: {http: 'http://own:3128'}", environment: environment).proxy

        #expect(usual == ProxySettings(https: "http://usual:3128", except: ["a", "b"]))
        #expect(own == ProxySettings(http: "http://own:3128"))
    }

    @Test func `registries that are configured may be connected to, sources there may not`() async throws {
        let configuration = try await configuration(flags: ["--registry", "localhost:5301"])
        let loopback = try #require(IPAddress("127.0.0.1"))

        #expect(configuration.registryAddresses.allows(origin: "http://localhost:5301", address: loopback))
        #expect(!configuration.registryAddresses.allows(origin: "http://localhost:5302", address: loopback))
        #expect(!configuration.sources.addresses.allows(origin: "http://localhost:5301", address: loopback))
    }

    @Test func `denied networks are refused`() async throws {
        let policy = try await configuration("sources: {deny: [10.0.0.0/8], allow: [10.1.0.0/16]}").sources.addresses

        #expect(!policy.allows(origin: "https://x", address: try #require(IPAddress("10.2.0.1"))))
        #expect(policy.allows(origin: "https://x", address: try #require(IPAddress("10.1.0.1"))))
    }

    @Test func `a mistyped variable and a readable file with passwords are warned of`() async throws {
        let yaml = "credentials: [{server: a.example.com, username: me, password: pw}]"
        let environment = [
            "SLIPWAY_LISTN": "x", "SLIPWAY_PORT": "tcp://10.0.0.1:80", "SLIPWAY_SERVICE_HOST": "10.0.0.1",
        ]

        let warnings = try await configuration(yaml, environment: environment).warnings

        #expect(warnings.map(\.subject).first == "SLIPWAY_LISTN (SLIPWAY_LISTEN?)")
        #expect(warnings.count == 2)
        #expect(warnings.last?.subject.hasSuffix("slipway.yaml") == true)
    }
}
