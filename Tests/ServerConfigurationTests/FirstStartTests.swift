import Crypto
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import slipway_server

struct FirstStartTests {
    @Test func `everything made at the first start is found again at the next`() async throws {
        try await withTemporaryFolder { folder in
            let configuration = try await configuration()
            let directory = try DataDirectory(opening: folder)

            let first = try FirstStart(in: directory, configuration: configuration)
            let second = try FirstStart(in: directory, configuration: configuration)

            #expect(first.isNewSecret && !second.isNewSecret)
            #expect(first.identity == second.identity)
            #expect(first.administrator == second.administrator)
            #expect(first.keys.signing.key == second.keys.signing.key)
            #expect(first.keys.links.id == second.keys.links.id)
            #expect(first.keys.secrets.key == second.keys.secrets.key)
            #expect(first.certificate == second.certificate)
        }
    }

    @Test func `ids are GUIDs of their own, keys have their sizes, secrets their length`() async throws {
        try await withTemporaryFolder { folder in
            let start = try FirstStart(in: try DataDirectory(opening: folder), configuration: try await configuration())

            let ids = [start.identity.tenant, start.identity.subscription, start.identity.administrator]
            #expect(Set(ids).count == 3)
            #expect(ids.allSatisfy { UUID(uuidString: $0) != nil && $0 == $0.lowercased() })
            #expect(start.identity.resourceGroup == "slipway")
            #expect(start.keys.signing.key.bitCount == 512)
            #expect(start.keys.links.key.bitCount == 512)
            #expect(start.keys.secrets.key.bitCount == 256)
            #expect(Set([start.keys.signing.id, start.keys.links.id, start.keys.secrets.id]).count == 3)
            #expect(start.administrator.username == start.identity.administrator)
            #expect(start.administrator.password.value.count == 43)
            for file in [
                "keys/signing.key", "keys/links.key", "keys/secrets.key", "identity.json", "local-client.json",
            ] {
                #expect(try mode(of: "\(folder)/\(file)") == 0o600)
            }
        }
    }

    @Test func `the file for the local client has what it needs`() async throws {
        try await withTemporaryFolder { folder in
            let start = try FirstStart(in: try DataDirectory(opening: folder), configuration: try await configuration())

            let data = try Data(contentsOf: URL(filePath: "\(folder)/local-client.json"))
            let written = try JSONDecoder().decode([String: String].self, from: data)

            #expect(
                written == [
                    "server": "https://127.0.0.1:8443", "tenant": start.identity.tenant,
                    "clientId": start.identity.administrator, "clientSecret": start.administrator.password.value,
                    "caFile": "\(folder)/tls/ca.pem", "registry": "local01",
                ])
        }
    }

    @Test func `that file follows the server's URL and registry, with the same secret`() async throws {
        try await withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            let first = try FirstStart(in: directory, configuration: try await configuration())

            let flags = ["--public-url", "https://slipway.example.com", "--registry", "other01=localhost:5000"]
            let second = try FirstStart(in: directory, configuration: try await configuration(flags: flags))

            let client = try #require(try LocalClient.read(from: directory))
            #expect(client.server == "https://slipway.example.com")
            #expect(client.registry == "other01")
            #expect(client.clientSecret == first.administrator.password)
            #expect(!second.isNewSecret)
        }
    }

    @Test func `removing that file gives the administrator a new secret`() async throws {
        try await withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            let first = try FirstStart(in: directory, configuration: try await configuration())
            try FileManager.default.removeItem(atPath: "\(folder)/local-client.json")

            let second = try FirstStart(in: directory, configuration: try await configuration())

            #expect(second.isNewSecret)
            #expect(second.administrator.username == first.administrator.username)
            #expect(second.administrator.password != first.administrator.password)
        }
    }

    @Test(
        arguments: [
            ("identity.json", "garbage", "backup"), ("local-client.json", "{}", "Remove it"),
            ("keys/signing.key", "short", "5 bytes, not 64"), ("keys/secrets.key", "", "0 bytes, not 32"),
            ("keys/secrets.key", nil, "head -c 32"), ("tls/ca.pem", "", "no certificate"),
        ] as [(String, String?, String)])
    func `what is damaged is named and not made anew`(file: String, content: String?, expected: String) async throws {
        try await withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            let configuration = try await configuration()
            let first = try FirstStart(in: directory, configuration: configuration)
            try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
            if let content { try write(content, to: "\(folder)/\(file)") }

            let error = #expect(throws: DataDirectoryError.self) {
                try FirstStart(in: directory, configuration: configuration)
            }

            let message = "\(try #require(error))"
            #expect(message.contains("\(folder)/\(file)") && message.contains(expected), "\(message)")
            #expect(!message.contains(first.administrator.password.value))
        }
    }

    @Test(arguments: [[], ["keys/signing.key"], ["keys/signing.key", "keys/links.key", "keys/secrets.key"]])
    func `a first start that was cut off is carried on`(files: [String]) async throws {
        try await withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            let configuration = try await configuration()
            for file in files { try directory.write(randomBytes(file.contains("secrets") ? 32 : 64), to: file) }
            let written = try files.map { try directory.read($0) }

            let start = try FirstStart(in: directory, configuration: configuration)

            #expect(start.isNewSecret)
            #expect(try files.map { try directory.read($0) } == written)
        }
    }

    @Test func `keys do not show in descriptions`() async throws {
        let key = ServerKey(randomBytes(32))
        var dumped = ""

        dump(key, to: &dumped)

        #expect("\(key)" == "key \(key.id)")
        #expect(String(reflecting: key).contains(key.id))
        #expect(!dumped.contains("SymmetricKey"))
    }

    @Test func `a certificate of one's own is used as it is`() async throws {
        try await withTemporaryFolder { folder in
            let other = try DataDirectory(opening: "\(folder)/other")
            let made = try CertificateAuthority(in: other).certificate(for: CertificateNames(["localhost"]))
            let yaml = "tls: {certificate: \(made.files.certificate), key: \(made.files.key)}"
            let directory = try DataDirectory(opening: "\(folder)/data")

            let start = try FirstStart(in: directory, configuration: try await configuration(yaml))

            #expect(start.certificate == made.files)
            #expect(start.certificateEnd == nil)
            #expect(try directory.read("tls/ca.pem") == nil)
        }
    }

    @Test func `a key that is not the certificate's is refused`() async throws {
        try await withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            let made = try CertificateAuthority(in: directory).certificate(for: CertificateNames(["localhost"]))
            let yaml = "tls: {certificate: \(made.files.certificate), key: \(folder)/tls/ca.key}"

            let error = await #expect(throws: ConfigurationError.self) { try await configuration(yaml) }

            #expect("\(try #require(error))".contains("tls.key"))
            #expect("\(try #require(error))".contains("not the key of the first certificate"))
        }
    }

    @Test(arguments: [
        ["ecparam", "-name", "prime256v1", "-genkey", "-out"], ["genrsa", "-out"],
        ["genpkey", "-algorithm", "ed25519", "-out"],
    ])
    func `keys as openssl writes them are read`(command: [String]) async throws {
        try await withTemporaryFolder { folder in
            let (key, certificate) = ("\(folder)/key.pem", "\(folder)/cert.pem")
            #expect(try await run("openssl", command + [key]).status == 0)
            let request = [
                "req", "-x509", "-new", "-key", key, "-subj", "/CN=localhost", "-days", "2", "-out", certificate,
            ]
            #expect(try await run("openssl", request).status == 0)

            let tls = try await configuration("tls: {certificate: \(certificate), key: \(key)}").tls

            #expect(tls.own == CertificateFiles(certificate: certificate, key: key))
        }
    }
}

struct TrustedCertificatesTests {
    @Test func `extra certificates are trusted besides the system's`() async throws {
        try withTemporaryFolder { folder in
            let made = try CertificateAuthority(in: try DataDirectory(opening: folder))
                .certificate(for: CertificateNames(["localhost"]))
            try write("# system", to: "\(folder)/system")

            let bundle = try TrustedCertificates.bundle(
                extra: [made.caFile], system: ["/nowhere", "\(folder)/system", "/other"])

            let ca = try String(contentsOfFile: made.caFile, encoding: .utf8)
            #expect(String(decoding: bundle, as: UTF8.self) == "# system\n\(ca)")
        }
    }

    @Test func `without a system bundle the extra ones are all`() throws {
        #expect(try TrustedCertificates.bundle(extra: [], system: ["/nowhere"]) == [])
    }

    @Test(arguments: [(nil, "No such file"), ("text", "no certificate")] as [(String?, String)])
    func `a file without a certificate is named`(content: String?, reason: String) async throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/extra.pem"
            if let content { try write(content, to: path) }

            let error = #expect(throws: FileError.self) { try TrustedCertificates.bundle(extra: [path]) }

            #expect("\(try #require(error))".hasPrefix("\(path): "))
            #expect(error?.reason.contains(reason) == true)
        }
    }
}
