import CurlHTTP
import Foundation
import TestSupport
import Testing

@testable import slipway_server

struct CertificateAuthorityTests {
    let names = CertificateNames(["localhost", "127.0.0.1", "::1", "builds.example.com"])

    @Test func `openssl accepts the certificate for its names and no other`() async throws {
        try await withTemporaryFolder { folder in
            let authority = CertificateAuthority(in: try DataDirectory(opening: folder))

            let made = try authority.certificate(for: names)

            let verify = ["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", made.caFile]
            func check(_ arguments: String...) async throws -> Bool {
                let all = verify + arguments + [made.files.certificate]
                return try await run("openssl", all).status == 0
            }
            #expect(try await check("-verify_hostname", "localhost"))
            #expect(try await check("-verify_hostname", "builds.example.com"))
            #expect(try await check("-verify_ip", "127.0.0.1"))
            #expect(try await check("-verify_ip", "::1"))
            #expect(try await !check("-verify_hostname", "other.example.com"))
            #expect(try await !check("-verify_ip", "127.0.0.2"))
        }
    }

    @Test func `the extensions say what each certificate is for`() async throws {
        try await withTemporaryFolder { folder in
            let made = try CertificateAuthority(in: try DataDirectory(opening: folder)).certificate(for: names)

            let server = try await run("openssl", "x509", "-noout", "-text", "-in", made.files.certificate).output
            let ca = try await run("openssl", "x509", "-noout", "-text", "-in", made.caFile).output

            #expect(server.contains("X509v3 Basic Constraints: critical\n                CA:FALSE"))
            #expect(server.contains("X509v3 Key Usage: critical\n                Digital Signature\n"))
            #expect(server.contains("X509v3 Extended Key Usage: \n                TLS Web Server Authentication\n"))
            #expect(server.contains("DNS:builds.example.com, DNS:localhost, IP Address:"))
            #expect(server.contains("X509v3 Authority Key Identifier"))
            #expect(ca.contains("X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0"))
            #expect(ca.contains("X509v3 Key Usage: critical\n                Certificate Sign, CRL Sign\n"))
            #expect(ca.contains("X509v3 Subject Key Identifier"))
        }
    }

    @Test func `keys are for the owner alone`() async throws {
        try withTemporaryFolder { folder in
            let made = try CertificateAuthority(in: try DataDirectory(opening: folder)).certificate(for: names)

            #expect(try mode(of: made.files.key) == 0o600)
            #expect(try mode(of: "\(folder)/tls/ca.key") == 0o600)
        }
    }

    @Test func `a client that trusts the authority gets a handshake, another does not`() async throws {
        try await withTemporaryFolder { folder in
            let made = try CertificateAuthority(in: try DataDirectory(opening: folder)).certificate(for: names)
            try await withTLSServer(made.files) { port in
                var trusting = HTTPClient.Configuration()
                trusting.trustedCertificates = try TrustedCertificates.bundle(extra: [made.caFile])

                let answer = try await HTTPClient(trusting).fetch(HTTPRequest("GET", "https://127.0.0.1:\(port)/"))
                let error = await #expect(throws: HTTPError.self) {
                    try await HTTPClient().fetch(HTTPRequest("GET", "https://127.0.0.1:\(port)/"))
                }

                #expect(answer.response.status == 200)
                guard case .tls = error else { throw try #require(error) }
            }
        }
    }

    @Test func `the certificate is kept while it will do`() async throws {
        try withTemporaryFolder { folder in
            let authority = CertificateAuthority(in: try DataDirectory(opening: folder))
            let now = Date()

            let first = try authority.certificate(for: names, now: now)
            let later = try authority.certificate(for: names, now: now.addingTimeInterval(334 * 86400))
            let renewed = try authority.certificate(for: names, now: now.addingTimeInterval(336 * 86400))

            #expect(first.isNew && !later.isNew && renewed.isNew)
            #expect(renewed.notAfter > first.notAfter)
        }
    }

    @Test func `other names make another certificate of the same authority`() async throws {
        try withTemporaryFolder { folder in
            let authority = CertificateAuthority(in: try DataDirectory(opening: folder))
            _ = try authority.certificate(for: names)
            let ca = try Data(contentsOf: URL(filePath: "\(folder)/tls/ca.pem"))

            let other = try authority.certificate(for: CertificateNames(["localhost", "10.0.0.1"]))

            #expect(other.isNew)
            #expect(try Data(contentsOf: URL(filePath: "\(folder)/tls/ca.pem")) == ca)
        }
    }

    @Test(arguments: ["tls/server.key", "tls/server.pem"])
    func `a server certificate that is damaged is made again`(file: String) async throws {
        try await withTemporaryFolder { folder in
            let authority = CertificateAuthority(in: try DataDirectory(opening: folder))
            _ = try authority.certificate(for: names)
            try write("garbage", to: "\(folder)/\(file)")

            let made = try authority.certificate(for: names)

            #expect(made.isNew)
            #expect(try await run("openssl", "verify", "-CAfile", made.caFile, made.files.certificate).status == 0)
        }
    }

    @Test func `an authority that is damaged is not replaced`() async throws {
        try withTemporaryFolder { folder in
            let authority = CertificateAuthority(in: try DataDirectory(opening: folder))
            _ = try authority.certificate(for: names)
            try write("garbage", to: "\(folder)/tls/ca.pem")

            let error = #expect(throws: DataDirectoryError.self) { try authority.certificate(for: names) }

            #expect("\(try #require(error))".contains("put tls/ca.pem and tls/ca.key back"))
            #expect(try String(contentsOfFile: "\(folder)/tls/ca.pem", encoding: .utf8) == "garbage")
        }
    }

    @Test func `without the authority's key a server goes on until it needs a new certificate`() async throws {
        try withTemporaryFolder { folder in
            let authority = CertificateAuthority(in: try DataDirectory(opening: folder))
            _ = try authority.certificate(for: names)
            try FileManager.default.removeItem(atPath: "\(folder)/tls/ca.key")

            #expect(try !authority.certificate(for: names).isNew)
            #expect(throws: DataDirectoryError.self) { try authority.certificate(for: CertificateNames(["other"])) }
        }
    }

    @Test func `the names are those that clients may use`() async throws {
        let configuration = try await configuration(
            "tls: {names: [Extra.example.com, 10.1.2.3]}",
            flags: ["--listen", "192.168.1.2:8443", "--public-url", "https://slipway.example.com"])

        let names = CertificateNames(for: configuration)

        #expect(Set(names.dns).isSuperset(of: ["localhost", "slipway.example.com", "extra.example.com"]))
        let addresses = ["127.0.0.1", "::1", "192.168.1.2", "10.1.2.3"].compactMap { IPAddress($0) }
        #expect(Set(names.addresses) == Set(addresses))
    }
}

/// Runs `openssl s_server` on a free port of loopback.
private func withTLSServer(_ files: CertificateFiles, _ use: (Int) async throws -> Void) async throws {
    let server = try ChildProcess([
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert_chain", files.certificate, "-cert", files.certificate,
        "-key", files.key, "-www",
    ])
    defer { server.stop() }
    let port = try await server.wait { printed in
        printed.output.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/).flatMap { Int($0.1) }
    }
    try await use(port)
}
