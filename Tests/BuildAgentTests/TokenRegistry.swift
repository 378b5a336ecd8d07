import Contexts
import Crypto
import CurlHTTP
import DockerEngine
import Foundation
import TaskModel
import TestSupport
import Testing

/// A real registry that takes nothing but tokens of a login service, and that service, both on loopback. The same images
/// are in a second registry which asks for no login, for tests to push to.
struct TokenRegistry: Sendable {
    /// `127.0.0.1:PORT`.
    let host: String
    let openHost: String
    /// The login service: `GET /token`.
    let service: LoopbackServer

    static let users = ["one": "password of one", "two": "password of two"]

    static func credential(_ user: String) -> Credential {
        Credential(username: user, password: Secret(users[user] ?? "no such password"))
    }

    /// Questions to the login service: who asked with which login.
    var questions: [(client: String, login: String?)] {
        service.requests.map { ($0["User-Agent"] ?? "", $0["Authorization"]) }
    }

    static func with<Result>(_ use: (TokenRegistry) async throws -> Result) async throws -> Result {
        try await withTemporaryFolder { folder in
            try await ChildProcess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                    + [
                        "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem", "-days", "30", "-subj",
                        "/CN=tests",
                    ])
            let signer = TokenSigner(
                key: try P256.Signing.PrivateKey(
                    pemRepresentation: try String(contentsOfFile: folder + "/key.pem", encoding: .utf8)),
                certificate: try String(contentsOfFile: folder + "/cert.pem", encoding: .utf8).split(separator: "\n")
                    .filter { !$0.hasPrefix("-") }.joined())
            return try await LoopbackServer.with({ try signer.answer($0, $1) }) { service in
                let access = """
                    auth:
                      token:
                        realm: \(service.url)/token
                        service: tests
                        issuer: tests
                        rootcertbundle: \(folder)/cert.pem

                    """
                let (open, openHost) = try await start(named: "open", access: "", in: folder)
                defer { open.stop() }
                let (closed, host) = try await start(named: "closed", access: access, in: folder)
                defer { closed.stop() }
                return try await use(TokenRegistry(host: host, openHost: openHost, service: service))
            }
        }
    }

    private static func start(
        named name: String, access: String, in folder: String
    ) async throws -> (ChildProcess, host: String) {
        let path = "\(folder)/\(name).yml"
        let configuration = """
            version: 0.1
            storage:
              filesystem:
                rootdirectory: \(folder)/data
            http:
              addr: 127.0.0.1:0

            """
        try Data((configuration + access).utf8).write(to: URL(fileURLWithPath: path))
        let server = try ChildProcess(
            ["/usr/bin/docker-registry", "serve", path], errors: .withOutput, limit: .seconds(600))
        let port = try await server.wait { printed in
            printed.output.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/).map { String($0.output.1) }
        }
        return (server, "127.0.0.1:\(port)")
    }

    /// Puts an image there that holds a file of its own.
    func push(_ repository: String, on client: DockerClient) async throws {
        let image = try ImageReference("\(openHost)/\(repository):1")
        let input = BuildInput(
            walk: InMemoryWalk([InMemoryEntry(file: "base", bytes: Array(UUID().uuidString.utf8))]),
            dockerfile: Array("FROM scratch\nCOPY base /base\n".utf8), isDockerfileIncluded: false)
        _ = try await client.build(input, options: BuildOptions(tags: [image.description])) { _ in }
        _ = try await client.push(image, credential: nil) { _ in }
        try await client.removeImage(image.description)
    }
}

/// The login service: gives its users tokens for all they ask, and everybody tokens for `public/…`.
private struct TokenSigner: Sendable {
    let key: P256.Signing.PrivateKey
    /// DER in Base64.
    let certificate: String

    func answer(_ request: LoopbackRequest, _ connection: LoopbackConnection) throws {
        let login = request["Authorization"]
        let isKnown = TokenRegistry.users.contains {
            login == HTTPHeader.basicLogin($0.key, password: $0.value).value
        }
        guard login == nil || isKnown else {
            return try send(401, #"{"details":"incorrect username or password"}"#, on: connection)
        }
        let scopes = URLComponents(string: request.target)?.queryItems?.filter { $0.name == "scope" } ?? []
        let access = scopes.compactMap(\.value).flatMap { $0.split(separator: " ") }.compactMap { scope in
            let parts = scope.split(separator: ":").map(String.init)
            guard parts.count == 3, isKnown || parts[1].hasPrefix("public/") else { return nil as [String: Any]? }
            return ["type": parts[0], "name": parts[1], "actions": parts[2].split(separator: ",").map(String.init)]
        }
        let now = Int(Date().timeIntervalSince1970)
        let header: [String: Any] = ["typ": "JWT", "alg": "ES256", "x5c": [certificate]]
        let claims: [String: Any] = [
            "iss": "tests", "sub": "", "aud": "tests", "iat": now, "nbf": now - 10, "exp": now + 300,
            "jti": UUID().uuidString, "access": access,
        ]
        let signed = try [header, claims].map { Self.encoded(try JSONSerialization.data(withJSONObject: $0)) }
            .joined(separator: ".")
        let signature = try key.signature(for: Data(signed.utf8)).rawRepresentation
        let token = signed + "." + Self.encoded(signature)
        let date = Date(timeIntervalSince1970: TimeInterval(now)).ISO8601Format()
        try send(200, #"{"token":"\#(token)","expires_in":300,"issued_at":"\#(date)"}"#, on: connection)
    }

    private func send(_ status: Int, _ body: String, on connection: LoopbackConnection) throws {
        let headers = [("Content-Length", String(body.utf8.count)), ("Connection", "close")]
        try connection.write(connection.head(status, headers: headers) + Array(body.utf8))
        connection.hangUp()
    }

    private static func encoded(_ data: Data) -> String {
        String(data.base64EncodedString().compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
    }
}
