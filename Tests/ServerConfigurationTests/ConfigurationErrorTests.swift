import CurlHTTP
import Testing

@testable import slipway_server

struct ConfigurationErrorTests {
    @Test(
        arguments: [
            // Unknown names
            ("listne: x", ["listne", "line 1", "Did you mean 'listen'?"]),
            ("\nlimits: {logByte: 1}", ["limits.logByte", "line 2", "'logBytes'"]),
            ("registries: [{name: local02, loginserver: x}]", ["registries[0].loginserver", "'loginServer'"]),
            ("config: x", ["config", "no setting"]),
            ("zzzzzz: 1", ["zzzzzz", "slipway-server settings"]),
            ("registries[0].name: abcde", ["registries[0].name", "no setting"]),
            ("<<: {listen: x}", ["<<", "no setting"]),
            // Wrong shapes
            ("registries: {name: local02}", ["registries", "a list"]),
            ("registries: local02", ["registries", "a list"]),
            ("registries: [local02]", ["registries[0]", "a section with", "loginServer"]),
            ("listen: [a]", ["listen", "one value"]),
            ("limits: 5", ["limits", "a section with", "logBytes"]),
            ("sources: {allow: http://x}", ["sources.allow", "a list"]),
            ("sources: {allow: [[http://x]]}", ["sources.allow[0]", "one value"]),
            ("- listen", ["the file", "a section with"]),
            ("? [a]\n: b", ["names as keys"]),
            // Not YAML
            ("listen: [", ["slipway.yaml", "line"]),
            ("a: b: c", ["slipway.yaml", "line 1"]),
            ("listen: x\nlisten: y", ["slipway.yaml", "listen", "twice"]),
            // Values
            ("listen: localhost", ["listen", "'localhost'", "host:port"]),
            ("listen: 127.0.0.1:99999", ["listen", "65535"]),
            ("publicURL: http://x", ["publicURL", "'http://x'", "https://"]),
            ("publicURL: https://x/slipway", ["publicURL", "without a path"]),
            (
                "registries: [{name: abc, loginServer: x}]",
                ["registries[0].name", "'abc'", "5 to 50 letters and digits"]
            ),
            ("registries: [{name: with-dash, loginServer: x}]", ["registries[0].name", "'with-dash'"]),
            ("registries: [{loginServer: x}]", ["registries[0].name", "missing"]),
            ("registries: [{name: local02}]", ["registries[0].loginServer", "missing", "host[:port]"]),
            ("registries: [{name: local02, loginServer: https://x}]", ["registries[0].loginServer", "'https://x'"]),
            ("registries:\n- {name: local02, loginServer: x}\n-", ["registries[1].name", "line 3", "missing"]),
            (
                "registries: [{name: local02, loginServer: x}, {name: LOCAL02, loginServer: y}]",
                ["registries[1].name", "'LOCAL02'", "registries[0]"]
            ),
            (
                "registries: [{name: local02, loginServer: x, endpoint: ftp://x}]",
                ["registries[0].endpoint", "'ftp://x'", "http:// or https://"]
            ),
            (
                "registries: [{name: local02, loginServer: x, endpoint: 'http://x:5000'}]",
                ["registries[0].endpoint", "https://", "sources.allow"]
            ),
            ("forges: [{kind: gitea}]", ["forges[0].host", "missing", "host[:port]"]),
            ("forges: [{host: git.example.com}]", ["forges[0].kind", "missing", "one of github, gitlab"]),
            ("forges: [{host: git.example.com, kind: cvs}]", ["forges[0].kind", "'cvs'", "bitbucket-data-center"]),
            (
                "forges: [{host: a.example, kind: gitea}, {host: 'A.example:443', kind: gitlab}]",
                ["forges[1].host", "'a.example'", "forges[0]"]
            ),
            (
                "forges: [{host: a.example, kind: gitea, api: 'http://a.example/api/v1'}]",
                ["forges[0].api", "https://", "sources.allow"]
            ),
            ("forges: [{host: a.example, kind: gitea, api: a.example}]", ["forges[0].api", "'a.example'"]),
            ("triggers: {hooks: auto}", ["triggers.hooks", "'auto'", "true or false"]),
            (
                "registries: [{name: local02, gateway: true}]",
                ["registries[0].endpoint", "missing", "behind this server"]
            ),
            (
                "registries: [{name: local02, gateway: true, endpoint: 'https://127.0.0.1:8443'}]",
                ["registries[0].endpoint", "this server itself"]
            ),
            (
                "registries: [{name: local02, gateway: maybe, endpoint: 'https://x'}]",
                ["registries[0].gateway", "true or false"]
            ),
            (
                """
                registries:
                - {name: local02, gateway: true, endpoint: 'https://x'}
                - {name: local03, gateway: true, endpoint: 'https://y'}
                """,
                ["registries[1].loginServer", "registries[0]"]
            ),
            ("registries: [{name: local02, loginServer: x, username: me}]", ["registries[0].password", "missing"]),
            (
                "registries: [{name: local02, loginServer: x, password: hunter2}]",
                ["registries[0].username", "missing"]
            ),
            (
                "registries: [{name: local02, loginServer: x, username: 'a:b', password: hunter2}]",
                ["registries[0].username", "'a:b'", "without ':'"]
            ),
            (
                "registries: [{name: local02, loginServer: x, username: me, password: hunter2, passwordFile: /x}]",
                ["registries[0].password", "together with registries[0].passwordFile"]
            ),
            (
                "registries: [{name: local02, loginServer: x, username: me, password: \"hunter2\\n\"}]",
                ["registries[0].password", "one line"]
            ),
            (
                "registries: [{name: local02, loginServer: x, username: me, passwordFile: nowhere}]",
                ["registries[0].passwordFile", "/nowhere", "No such file"]
            ),
            (
                "registries: [{name: local02, loginServer: x, username: me, passwordFile: empty}]",
                ["registries[0].passwordFile", "/empty", "one line"]
            ),
            (
                "registries: [{name: local02, loginServer: x, username: me, passwordFile: two}]",
                ["registries[0].passwordFile", "/two", "one line"]
            ),
            ("credentials: [{username: me, password: hunter2}]", ["credentials[0].server", "missing"]),
            ("credentials: [{server: x}]", ["credentials[0].username", "missing"]),
            (
                "credentials: [{server: x, username: a, password: b}, {server: X, username: a, password: b}]",
                ["credentials[1].server", "credentials[0]"]
            ),
            ("pools: [{slots: 1}]", ["pools[0].name", "missing"]),
            ("pools: [{name: a_b}]", ["pools[0].name", "'a_b'", "1 to 20"]),
            ("pools: [{name: a}, {name: A}]", ["pools[1].name", "pools[0]"]),
            ("pools: [{name: a, slots: -1}]", ["pools[0].slots", "'-1'", "0 to 64"]),
            ("pools: [{name: a, slots: 65}]", ["pools[0].slots", "'65'", "0 to 64"]),
            ("pools: [{name: a, docker: 'tcp://x:2375'}]", ["pools[0].docker", "'tcp://x:2375'", "unix://"]),
            (
                "pools: [{name: a, policy: {refuseSecretBuildArguments: 1}}]",
                ["pools[0].policy.refuseSecretBuildArguments", "true or false"]
            ),
            ("pools: [{name: a, policy: {allow: [root]}}]", ["pools[0].policy.allow[0]", "'root'", "docker-socket"]),
            ("pools: [{name: a, policy: {cpus: 0}}]", ["pools[0].policy.cpus", "'0'", "processors"]),
            ("pools: [{name: a, policy: {memory: much}}]", ["pools[0].policy.memory", "'much'", "bytes"]),
            ("steps: {aliasImages: [bash]}", ["steps.aliasImages[0]", "'bash'", "NAME=IMAGE"]),
            ("steps: {shellImage: 'A B'}", ["steps.shellImage", "'A B'", "image"]),
            ("pools: [{name: a, policy: {privileged: true}}]", ["pools[0].policy.privileged", "no setting"]),
            ("sources: {allow: [git.example.com]}", ["sources.allow[0]", "'git.example.com'", "scheme://host"]),
            ("sources: {allow: ['file:///etc']}", ["sources.allow[0]", "https or ssh"]),
            ("sources: {allow: ['http://x/path']}", ["sources.allow[0]", "no path"]),
            ("sources: {allow: [10.0.0.0/33]}", ["sources.allow[0]", "'10.0.0.0/33'"]),
            (
                "sources: {allow: [http://ok, 169.254.0.0/16]}",
                ["sources.allow[1]", "metadata", "sources.allowMetadata"]
            ),
            ("sources: {allow: ['http://169.254.169.254']}", ["sources.allow[0]", "sources.allowMetadata"]),
            ("sources: {allow: ['http://metadata.google.internal']}", ["sources.allow[0]", "sources.allowMetadata"]),
            ("sources: {allow: ['::/0']}", ["sources.allow[0]", "sources.allowMetadata"]),
            ("sources: {deny: ['http://x']}", ["sources.deny[0]", "a network"]),
            ("sources: {git: [{host: x}]}", ["sources.git[0].password", "missing", "tokenFile"]),
            ("sources: {git: [{host: 'https://x', password: a}]}", ["sources.git[0].host", "'https://x'"]),
            (
                "sources: {git: [{host: x, password: a}, {host: 'X:443', password: a}]}",
                ["sources.git[1].host", "only once"]
            ),
            (
                "sources: {git: [{host: x, tokenFile: two, passwordFile: two}]}",
                ["sources.git[0].passwordFile", "together with sources.git[0].tokenFile"]
            ),
            ("sources: {ssh: {privateKeyFile: two}}", ["sources.ssh.knownHostsFile", "missing"]),
            (
                "sources: {ssh: {privateKeyFile: nowhere, knownHostsFile: two}}",
                ["sources.ssh.privateKeyFile", "No such file"]
            ),
            ("proxy: {http: 'socks5://u:hunter2@proxy:1'}", ["proxy.http", "'socks5://***@proxy:1'", "http://"]),
            ("proxy: {except: ['a b']}", ["proxy.except[0]", "'a b'"]),
            ("limits: {logBytes: 0}", ["limits.logBytes", "'0'", "512MiB"]),
            ("limits: {logBytes: 1 parsec}", ["limits.logBytes", "'1 parsec'"]),
            ("limits: {contextEntries: many}", ["limits.contextEntries", "'many'", "a number from 1"]),
            ("limits: {runTimeout: 9h}", ["limits.runTimeout", "'9h'", "28800"]),
            ("limits: {runTimeout: 0}", ["limits.runTimeout", "from 1 to"]),
            ("log: {level: loud}", ["log.level", "'loud'", "trace, debug, info"]),
            ("log: {format: xml}", ["log.format", "'xml'", "text or json"]),
            ("tls: {certificate: two}", ["tls.key", "missing"]),
            ("tls: {key: two}", ["tls.certificate", "missing"]),
            ("tls: {certificate: two, key: two}", ["tls.certificate", "/two", "no certificate"]),
            ("tls: {extraCertificates: [nowhere]}", ["tls.extraCertificates[0]", "/nowhere", "No such file"]),
            ("tls: {extraCertificates: [two]}", ["tls.extraCertificates[0]", "/two", "no certificate in PEM form"]),
            ("tls: {extraCertificates: [broken]}", ["tls.extraCertificates[0]", "/broken", "can't be read"]),
            ("tls: {names: ['a/b']}", ["tls.names[0]", "'a/b'", "a host name"]),
            ("data: \"a\\0b\"", ["data", "'a?b'", "the path"]),
        ] as [(String, [String])])
    func `a wrong configuration names the setting and what it should be`(yaml: String, expected: [String]) async throws
    {
        let files = [
            "empty": "", "two": "one\ntwo\n",
            "broken": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ]

        let error = await #expect(throws: ConfigurationError.self) { try await configuration(yaml, files: files) }

        let message = "\(try #require(error))"
        for part in expected { #expect(message.contains(part), "\(message)") }
        #expect(!message.contains("hunter2"))
        #expect(!message.contains("\n"))
    }

    @Test(
        arguments: [
            (["--listen", "nonsense"], "listen (from --listen) is 'nonsense'"),
            (["--slots", "none"], "pools[0].slots (from --slots) is 'none'"),
            (["--registry", "a=b"], "registries[0].name (from --registry) is 'a'"),
            (["--registry", "one01=a", "--registry", "b"], "registries[1].name (from --registry) is missing"),
            (["--registry", "local02="], "registries[0].loginServer (from --registry) is ''"),
            (["--allow-source", "x"], "sources.allow[0] (from --allow-source) is 'x'"),
            (["--log-level", "loud"], "log.level (from --log-level) is 'loud'"),
            (
                ["--config", "/nowhere/slipway.yaml"],
                "The configuration file /nowhere/slipway.yaml can't be read: No such file"
            ),
            (["--config", "/"], "The configuration file / can't be read: Is a directory"),
        ] as [([String], String)])
    func `a wrong flag is named`(flags: [String], expected: String) async throws {
        let error = await #expect(throws: ConfigurationError.self) { try await configuration(flags: flags) }

        #expect("\(try #require(error))".hasPrefix(expected))
    }

    @Test func `a wrong variable is named`() async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await configuration(environment: ["SLIPWAY_LIMITS_LOG_BYTES": "x\u{1b}[2J"])
        }

        #expect("\(try #require(error))".hasPrefix("limits.logBytes (from SLIPWAY_LIMITS_LOG_BYTES) is 'x?[2J'."))
    }

    @Test func `a password and a password file in the environment are a conflict`() async throws {
        let environment = [
            "SLIPWAY_REGISTRY_USERNAME": "me", "SLIPWAY_REGISTRY_PASSWORD": "hunter2",
            "SLIPWAY_REGISTRY_PASSWORD_FILE": "/x",
        ]

        let error = await #expect(throws: ConfigurationError.self) { try await configuration(environment: environment) }

        #expect(
            "\(try #require(error))".hasPrefix(
                "registries[0].password (from SLIPWAY_REGISTRY_PASSWORD) is given together"))
    }

    @Test func `a parser's error does not show the line it is about`() async throws {
        let error = await #expect(throws: ConfigurationError.self) {
            try await configuration("credentials:\n  - password: hunter2: [\n")
        }

        #expect(!"\(try #require(error))".contains("hunter2"))
    }

    @Test func `aliases that multiply are refused`() async throws {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            yaml += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
        }

        await #expect(throws: ConfigurationError.self) { try await configuration("sources:\n  allow: [\(yaml)]") }
        await #expect(throws: ConfigurationError.self) { try await configuration(yaml) }
        await #expect(throws: ConfigurationError.self) {
            try await configuration(String(repeating: "[", count: 100_000))
        }
    }

    @Test func `the metadata service can be allowed on purpose`() async throws {
        let configuration = try await configuration("sources: {allow: [169.254.0.0/16], allowMetadata: true}")

        #expect(configuration.sources.addresses.allowed.count == 1)
    }
}
