import CurlHTTP
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Distribution

struct LoginTests {
    @Test(arguments: [
        (
            #"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#,
            [
                AuthChallenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.example/token", "service": "registry.example",
                        "scope": "repository:a/b:pull,push",
                    ])
            ]
        ),
        (
            #"Basic realm="a \"quoted\" name""#,
            [AuthChallenge(scheme: "basic", parameters: ["realm": #"a "quoted" name"#])]
        ),
        (
            #"Negotiate, Basic realm=x, charset="UTF-8", BEARER realm = y"#,
            [
                AuthChallenge(scheme: "negotiate", parameters: [:]),
                AuthChallenge(scheme: "basic", parameters: ["realm": "x", "charset": "UTF-8"]),
                AuthChallenge(scheme: "bearer", parameters: ["realm": "y"]),
            ]
        ),
        (#"Bearer realm="never closed"#, [AuthChallenge(scheme: "bearer", parameters: [:])]),
        ("", []), ("===,,\"", []),
    ])
    func `challenges are read as they are written`(header: String, expected: [AuthChallenge]) {
        #expect(AuthChallenge.all(in: [header]) == expected)
    }

    @Test(arguments: [
        ("https://registry-1.docker.io", "https://auth.docker.io/token", true),
        ("https://ghcr.io", "https://ghcr.io/token", true),
        ("https://registry.example.co.uk", "https://auth.example.co.uk/token", true),
        ("https://registry.example.com:5000", "https://login.example.com:8443/token", true),
        ("https://127.0.0.1:5000", "https://127.0.0.1:6000/token", true),
        ("http://127.0.0.1:5000", "http://127.0.0.1:6000/token", true),
        ("http://localhost:5000", "http://localhost:5000/token", true),
        ("https://allowed.example.com", "https://idp.elsewhere.net/token", true),
        ("http://127.0.0.1:5000", "http://127.0.0.2:6000/token", false),
        ("https://127.0.0.1:5000", "http://127.0.0.1:6000/token", false),
        ("http://registry.example.com", "http://registry.example.com/token", false),
        ("https://registry.example.com", "http://registry.example.com/token", false),
        ("https://registry.example.com", "https://example.com.evil.net/token", false),
        ("https://registry.example.com", "https://evilexample.com/token", false),
        ("https://registry.example.co.uk", "https://evil.co.uk/token", false),
        ("https://mine.azurecr.io", "https://theirs.azurecr.io/token", false),
        ("https://registry.example.com", "https://registry.example.com@evil.net/token", false),
        ("https://registry.example.com", #"https://evil.net\@registry.example.com/"#, false),
        ("https://10.0.0.1", "https://10.0.0.2/token", false),
        ("https://registry", "https://auth/token", false),
        ("https://registry.example.com", "file:///etc/passwd", false),
        ("https://registry.example.com", "", false),
    ])
    func `S5: credentials go to https realms of the registry's own domain`(
        registry: String, realm: String, accepted: Bool
    ) throws {
        let policy = RealmPolicy(allowedOrigins: ["https://IDP.elsewhere.net/"])

        let objection = policy.objection(to: realm, of: [try #require(HTTPOrigin(url: registry))])

        #expect((objection == nil) == accepted, "\(objection ?? "no objection")")
    }

    @Test func `a token is fetched with the scope, used, and used again until it runs out`() async throws {
        let clock = TestClock()
        try await HTTPStub.with(tokenRegistry(password: "pw")) { stub in
            let client = client(stub, clock: clock)
            let image = try ImageReference("\(stub.host)/team/app:v1")
            let credential = Credential(username: "me", password: Secret("pw"))

            _ = try await client.resolve(image, credential: credential)
            _ = try await client.resolve(image, credential: credential)
            let before = stub.requests.filter { $0.target.hasPrefix("/token") }
            clock.advance(by: .seconds(300))
            _ = try await client.resolve(image, credential: credential)

            let asked = "/token?service=stub%20service&scope=repository%3Ateam%2Fapp%3Apull&account=me"
            #expect(before.map(\.target) == [asked])
            #expect(before.first?["Authorization"] == "Basic " + Data("me:pw".utf8).base64EncodedString())
            #expect(stub.requests.filter { $0.target.hasPrefix("/token") }.count == 2)
        }
    }

    @Test func `tokens of one credential are not used for another`() async throws {
        try await HTTPStub.with(tokenRegistry(password: "pw")) { stub in
            let client = client(stub)
            let image = try ImageReference("\(stub.host)/team/app:v1")

            _ = try await client.resolve(image, credential: Credential(username: "me", password: Secret("pw")))

            await #expect {
                try await client.resolve(image, credential: Credential(username: "you", password: Secret("wrong")))
            } throws: { error in
                guard case DistributionError.unauthorized(_, "you", _) = error else { return false }
                return !"\(error)".contains("wrong")
            }
        }
    }

    @Test func `S5: a realm of another host gets nothing`() async throws {
        try await HTTPStub.with({ _ in HTTPStub.Response() }) { thief in
            let challenge = "Bearer realm=\"http://localhost:\(thief.port)/token\",service=\"x\""
            try await HTTPStub.with({ _ in HTTPStub.Response(status: 401, headers: ["WWW-Authenticate": challenge]) }) {
                stub in
                let image = try ImageReference("\(stub.host)/team/app:v1")

                await #expect {
                    try await client(stub).resolve(
                        image, credential: Credential(username: "me", password: Secret("pw")))
                } throws: { error in
                    guard case DistributionError.realmRefused = error else { return false }
                    return true
                }
                #expect(thief.requests.isEmpty)
            }
        }
    }

    @Test func `F10: a 401 is answered with one fresh login and no more`() async throws {
        try await HTTPStub.with({ _ in HTTPStub.Response(status: 401, headers: ["WWW-Authenticate": "Basic realm=x"]) })
        { stub in
            await #expect {
                try await client(stub).ping(stub.host, credential: Credential(username: "me", password: Secret("pw")))
            } throws: { error in
                guard case DistributionError.unauthorized(_, "me", _) = error else { return false }
                return true
            }

            #expect(stub.requests.map { $0["Authorization"] != nil } == [false, true])
        }
    }

    /// A registry whose only image takes a bearer token, with the service that gives it.
    private func tokenRegistry(password: String) -> @Sendable (LoopbackRequest) -> HTTPStub.Response {
        let login = "Basic " + Data("me:\(password)".utf8).base64EncodedString()
        return { request in
            if request.target.hasPrefix("/token") {
                guard request["Authorization"] == login else {
                    return HTTPStub.Response(status: 401, body: #"{"details":"incorrect username or password"}"#)
                }
                return HTTPStub.Response(body: #"{"access_token":"good","expires_in":300}"#)
            }
            guard request["Authorization"] == "Bearer good" else {
                let host = request["Host"] ?? ""
                let challenge =
                    #"Bearer realm="http://\#(host)/token",service="stub service",scope="repository:team/app:pull""#
                return HTTPStub.Response(status: 401, headers: ["WWW-Authenticate": challenge])
            }
            let digest = "sha256:" + String(repeating: "a", count: 64)
            return HTTPStub.Response(
                headers: [
                    "Docker-Content-Digest": digest, "Content-Type": MediaType.ociManifest, "Content-Length": "528",
                ])
        }
    }

    private func client(_ stub: HTTPStub, clock: any Clock<Duration> = ContinuousClock()) -> RegistryClient {
        RegistryClient(http: HTTPClient(), endpoints: RegistryEndpoints { "http://" + $0 }, clock: clock)
    }
}
