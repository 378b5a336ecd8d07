import Crypto
import CurlHTTP
import Distribution
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import RegistryGateway
import Scheduling
import Storage
import TaskModel
import TestSupport
import Testing

@testable import WebServer

/// A server in front of a real registry that wants a password, and people with different roles.
private struct Door {
    let client: any TestClientProtocol
    let principals: PrincipalStore
    let tokens: TokenService
    let store: SQLiteRunStore
    /// The host that requests of the test client name.
    static let host = "localhost"
    static let path =
        "/subscriptions/SUB/resourceGroups/slipway/providers/Microsoft.ContainerRegistry/registries/front01"

    /// Client ids by what they may do; each one's secret is its role's name.
    static let ids: [Role: String] = [
        .admin: "aaaaaaaa-0000-0000-0000-000000000001", .acrPush: "aaaaaaaa-0000-0000-0000-000000000002",
        .acrPull: "aaaaaaaa-0000-0000-0000-000000000003", .poolOperator: "aaaaaaaa-0000-0000-0000-000000000004",
    ]

    static func with(_ body: @Sendable (Door) async throws -> Void) async throws {
        try await TestRegistry.with(password: true) { behind async throws in
            try await withTemporaryFolder { folder async throws in
                try await with(behind: behind, in: folder, body)
            }
        }
    }

    private static func with(
        behind: TestRegistry, in folder: String, _ body: @Sendable (Door) async throws -> Void
    ) async throws {
        for name in ["logs", "uploads"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        let key = SymmetricKey(data: Data(repeating: 1, count: 32))
        let database = try Storage.Database(path: folder + "/db.sqlite")
        let principals = PrincipalStore(database: database)
        for (role, id) in ids {
            try await principals.put(
                Principal(id: id, displayName: role.rawValue, roles: [RoleAssignment(role)]), secret: role.rawValue,
                at: Date())
        }
        let front = Registry(
            name: "front01", loginServer: host, endpoint: "http://\(behind.host)", credential: behind.credential,
            gateway: true)
        let settings = SchedulingSettings(
            registries: [
                front, Registry(name: "plain01", loginServer: "localhost:5000", endpoint: "http://localhost:5000"),
            ],
            pools: [AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: 1)])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let uploads = BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20)
        let box = SecretBox(key: key)
        let store = SQLiteRunStore(database: database, box: box)
        let tokens = TokenService(key: key, keyID: "k", issuer: "slipway", tenant: "TENANT", principals: principals)
        let http = HTTPClient()
        let proxy = RegistryProxy(
            http: http, clients: RegistryClient(http: http, endpoints: RegistryEndpoints([front])))
        let environment = SchedulerEnvironment(
            runs: store, pools: AgentPoolStore(database: database), secrets: SecretStore(database: database, box: box),
            logs: LogStore(directory: folder + "/logs"), uploads: uploads,
            outputs: BlobStore(directory: folder, maxBytes: 1 << 20), settings: settings, logger: logger)
        let runs = RunService(environment)
        let routes = SlipwayRoutes(
            identity: WebServer.ServerIdentity(
                tenant: "TENANT", subscription: "SUB", resourceGroup: "slipway", publicURL: "https://s", version: "1"),
            settings: settings, runs: runs,
            tasks: TaskService(tasks: SQLiteTaskStore(database: database, box: box), settings: settings),
            pools: PoolService(environment),
            taskRuns: TaskRunService(store: TaskRunStore(database: database, box: box), runs: runs),
            secrets: SecretService(environment),
            uploads: uploads, database: database, tokens: tokens,
            links: LinkSigner(key: key, keyVersion: "v"), libraries: [:], creationDate: Date(),
            door: RegistryDoor(proxy: proxy, adminUsers: AdminUserStore(database: database, box: box)), logger: logger)
        try await Application(router: routes.table(uptime: { .zero }).router).test(.router) { client in
            try await body(Door(client: client, principals: principals, tokens: tokens, store: store))
        }
    }

    func call(
        _ method: HTTPRequest.Method, _ path: String, authorization: String? = nil, type: String? = nil,
        body: String = ""
    ) async throws -> TestResponse {
        var headers: HTTPFields = [:]
        headers[.authorization] = authorization
        headers[.contentType] = type
        headers[.accept] = MediaType.ociManifest
        if !body.isEmpty || method == .post || method == .put { headers[.contentLength] = "\(body.utf8.count)" }
        return try await client.execute(
            uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
    }

    static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    func login(_ role: Role) -> String { Self.basic(Self.ids[role] ?? "", role.rawValue) }

    /// An access token, as the docker engine fetches it.
    func token(_ authorization: String, _ scope: String) async throws -> String {
        let encoded = scope.replacing(" ", with: "%20")
        let response = try await call(
            .get, "/oauth2/token?service=\(Self.host)&scope=\(encoded)", authorization: authorization)
        return try #require(try json(response)["access_token"] as? String)
    }

    func json(_ response: TestResponse) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView))
        return try #require(object as? [String: Any])
    }

    func code(_ response: TestResponse) throws -> String {
        try #require(((try json(response)["errors"] as? [[String: Any]])?.first)?["code"] as? String)
    }

    func managementToken(_ role: Role) async throws -> String {
        try #require(try await tokens.issue(clientID: Self.ids[role] ?? "", secret: role.rawValue)).value
    }

    func refreshToken(_ role: Role) async throws -> TestResponse {
        let token = try await managementToken(role)
        return try await call(
            .post, "/oauth2/exchange",
            body: "grant_type=access_token&service=\(Self.host)&tenant=TENANT&access_token=\(token)")
    }

    /// The next run, as an agent has it.
    func claim(lease: String) async throws -> Run {
        try #require(
            try await store.claim(
                pool: PoolID(name: "default"), for: "agent", lease: lease, logLength: { _ in 0 }, at: Date()))
    }

    /// Puts a blob and a manifest there.
    func push(_ authorization: String, to repository: String) async throws -> HTTPResponse.Status {
        let content = "{}"
        let digest = "sha256:" + SHA256.hash(data: Data(content.utf8)).map { String(format: "%02x", $0) }.joined()
        let begun = try await call(.post, "/v2/\(repository)/blobs/uploads/", authorization: authorization)
        guard begun.status == .accepted, let location = begun.headers[.location] else { return begun.status }
        let place = location.replacing("https://\(Self.host)", with: "")
        let put = try await call(
            .put, place + (place.contains("?") ? "&" : "?") + "digest=\(digest)", authorization: authorization,
            type: "application/octet-stream", body: content)
        guard put.status == .created else { return put.status }
        let manifest = """
            {"schemaVersion":2,"mediaType":"\(MediaType.ociManifest)","config":{"mediaType":\
            "application/vnd.oci.image.config.v1+json","size":2,"digest":"\(digest)"},"layers":[]}
            """
        return try await call(
            .put, "/v2/\(repository)/manifests/v1", authorization: authorization, type: MediaType.ociManifest,
            body: manifest
        ).status
    }
}

@Suite(.enabled(if: TestRegistry.isInstalled))
struct RegistryDoorTests {
    @Test func `without a login there is a challenge, in one list without blanks`() async throws {
        try await Door.with { door async throws in
            let response = try await door.call(.get, "/v2/")

            #expect(response.status == .unauthorized)
            #expect(
                response.headers[.wwwAuthenticate]
                    == #"Bearer realm="https://localhost/oauth2/token",service="localhost""#)
            #expect(try door.code(response) == "UNAUTHORIZED")
            let version = try #require(HTTPField.Name("Docker-Distribution-Api-Version"))
            #expect(response.headers[version] == "registry/2.0")
        }
    }

    @Test func `what az acr login does ends in a login that pushes and pulls`() async throws {
        try await Door.with { door async throws in
            let exchanged = try await door.refreshToken(.acrPush)
            let refresh = try #require(try door.json(exchanged)["refresh_token"] as? String)
            let login = Door.basic("00000000-0000-0000-0000-000000000000", refresh)

            let offline = try await door.call(
                .get,
                "/oauth2/token?account=00000000-0000-0000-0000-000000000000&client_id=docker"
                    + "&offline_token=true&service=\(Door.host)", authorization: login)
            let answer = try door.json(offline)
            let token = try #require(answer["token"] as? String)
            let base = try await door.call(.get, "/v2/", authorization: "Bearer \(token)")
            let pushing = "Bearer " + (try await door.token(login, "repository:team/app:pull,push"))

            #expect(answer["refresh_token"] as? String == refresh)
            #expect(base.status == .ok)
            #expect(try await door.push(pushing, to: "team/app") == .created)
            let pulled = try await door.call(.get, "/v2/team/app/manifests/v1", authorization: pushing)
            #expect(pulled.status == .ok)
            #expect(String(buffer: pulled.body).contains("schemaVersion"))
        }
    }

    @Test func `who may only pull gets no more than that, and is told so with 401`() async throws {
        try await Door.with { door async throws in
            #expect(try await door.push(door.login(.acrPush), to: "app") == .created)
            let token = "Bearer " + (try await door.token(door.login(.acrPull), "repository:app:pull,push,delete"))

            let pull = try await door.call(.head, "/v2/app/manifests/v1", authorization: token)
            let push = try await door.call(.post, "/v2/app/blobs/uploads/", authorization: token)
            let delete = try await door.call(.delete, "/v2/app/manifests/v1", authorization: token)
            let other = try await door.call(.get, "/v2/other/tags/list", authorization: token)

            #expect(pull.status == .ok)
            for refused in [push, delete, other] { #expect(refused.status == .unauthorized) }
            #expect(push.headers[.wwwAuthenticate]?.contains(#"scope="repository:app:push""#) == true)
            #expect(push.headers[.wwwAuthenticate]?.contains(#"error="insufficient_scope""#) == true)
            #expect(try door.code(push) == "DENIED")
        }
    }

    @Test func `who has no role in the registry can't log in`() async throws {
        try await Door.with { door async throws in
            let basic = try await door.call(
                .get, "/oauth2/token?service=\(Door.host)", authorization: door.login(.poolOperator))

            #expect(basic.status == .unauthorized)
            #expect(try await door.refreshToken(.poolOperator).status == .unauthorized)
        }
    }

    @Test func `S18 each kind of token opens its own door alone`() async throws {
        try await Door.with { door async throws in
            let management = try await door.managementToken(.admin)
            let refresh = try #require(try door.json(try await door.refreshToken(.admin))["refresh_token"] as? String)
            let access = try await door.token(door.login(.admin), "repository:app:pull")

            for token in [management, refresh, "x", "a.b.c"] {
                let response = try await door.call(.get, "/v2/", authorization: "Bearer \(token)")
                #expect(response.status == .unauthorized)
            }
            for token in [refresh, access] {
                #expect(try await door.call(.get, Door.path, authorization: "Bearer \(token)").status == .unauthorized)
                let exchange = try await door.call(
                    .post, "/oauth2/exchange", body: "grant_type=access_token&access_token=\(token)")
                #expect(exchange.status == .unauthorized)
            }
            for token in [management, access] {
                let grant = try await door.call(
                    .post, "/oauth2/token", body: "grant_type=refresh_token&refresh_token=\(token)")
                #expect(grant.status == .unauthorized)
            }
        }
    }

    @Test func `S22 who goes on guessing is told to wait`() async throws {
        try await Door.with { door async throws in
            let wrong = Door.basic(try #require(Door.ids[.acrPull]), "wrong")
            var statuses: [HTTPResponse.Status] = []
            for path in ["/oauth2/token", "/v2/"] {
                for _ in 0..<11 { statuses.append(try await door.call(.get, path, authorization: wrong).status) }
            }

            #expect(statuses.prefix(20).allSatisfy { $0 == .unauthorized })
            #expect(statuses.last == .tooManyRequests)
            #expect(try await door.call(.get, "/v2/", authorization: door.login(.acrPull)).status == .ok)
        }
    }

    @Test func `once a principal has lost its role, its tokens are good for nothing`() async throws {
        try await Door.with { door async throws in
            let id = try #require(Door.ids[.acrPush])
            let token = "Bearer " + (try await door.token(door.login(.acrPush), "repository:app:pull,push"))
            #expect(try await door.push(token, to: "app") == .created)

            let less = Principal(id: id, displayName: "less", roles: [RoleAssignment(.acrPull)])
            try await door.principals.put(less, secret: Role.acrPush.rawValue, at: Date())
            #expect(try await door.push(token, to: "app") == .unauthorized)
            #expect(try await door.call(.get, "/v2/app/tags/list", authorization: token).status == .ok)

            try await door.principals.put(
                Principal(id: id, displayName: "none", roles: []), secret: Role.acrPush.rawValue, at: Date())
            #expect(try await door.call(.get, "/v2/app/tags/list", authorization: token).status == .unauthorized)
        }
    }

    @Test func `once a secret is changed, what came of it is good for nothing`() async throws {
        try await Door.with { door async throws in
            let id = try #require(Door.ids[.acrPush])
            let refresh = try #require(try door.json(try await door.refreshToken(.acrPush))["refresh_token"] as? String)
            let login = Door.basic("00000000-0000-0000-0000-000000000000", refresh)
            let token = "Bearer " + (try await door.token(login, "repository:app:pull"))
            #expect(try await door.call(.get, "/v2/", authorization: token).status == .ok)

            let same = Principal(id: id, displayName: "same", roles: [RoleAssignment(.acrPush)])
            try await door.principals.put(same, secret: "another", at: Date())

            #expect(try await door.call(.get, "/v2/", authorization: token).status == .unauthorized)
            #expect(try await door.call(.get, "/oauth2/token", authorization: login).status == .unauthorized)
        }
    }

    @Test func `a mount from a repository that the caller can't read becomes an upload`() async throws {
        try await Door.with { door async throws in
            #expect(try await door.push(door.login(.acrPush), to: "source") == .created)
            let digest = "sha256:" + SHA256.hash(data: Data("{}".utf8)).map { String(format: "%02x", $0) }.joined()
            let both = "repository:target:pull,push repository:source:pull"
            let path = "/v2/target/blobs/uploads/?mount=\(digest)&from=source"

            let with = "Bearer " + (try await door.token(door.login(.acrPush), both))
            let without = "Bearer " + (try await door.token(door.login(.acrPush), "repository:target:pull,push"))

            #expect(try await door.call(.post, path, authorization: without).status == .accepted)
            #expect(try await door.call(.post, path, authorization: with).status == .created)
        }
    }

    @Test func `the administrator's passwords log in until they are changed`() async throws {
        try await Door.with { door async throws in
            let bearer = "Bearer " + (try await door.managementToken(.admin))
            let listed = try door.json(
                try await door.call(.post, Door.path + "/listCredentials", authorization: bearer))
            let passwords = try #require(listed["passwords"] as? [[String: String]]).compactMap { $0["value"] }
            let logins = passwords.map { Door.basic("front01", $0) }
            let token = "Bearer " + (try await door.token(logins[0], "repository:app:pull,push,delete"))

            #expect(listed["username"] as? String == "front01")
            #expect(passwords.count == 2)
            #expect(try await door.push(token, to: "app") == .created)
            #expect(try await door.call(.get, "/v2/_catalog", authorization: logins[1]).status == .ok)
            let changed = try await door.call(
                .post, Door.path + "/regenerateCredential", authorization: bearer, body: #"{"name":"password"}"#)
            #expect(changed.status == .ok)
            #expect(try await door.call(.get, "/v2/", authorization: token).status == .unauthorized)
            #expect(try await door.call(.get, "/v2/", authorization: logins[0]).status == .unauthorized)
            #expect(try await door.call(.get, "/v2/", authorization: logins[1]).status == .ok)
        }
    }

    @Test func `only who administers sees the passwords, and elsewhere there are none`() async throws {
        try await Door.with { door async throws in
            let push = "Bearer " + (try await door.managementToken(.acrPush))
            let admin = "Bearer " + (try await door.managementToken(.admin))
            let plain = Door.path.replacing("front01", with: "plain01")

            let hidden = try await door.call(.post, Door.path + "/listCredentials", authorization: push)
            let none = try await door.call(.post, plain + "/listCredentials", authorization: admin)

            #expect(hidden.status == .notFound)
            #expect(none.status == .badRequest)
            #expect(String(buffer: none.body).contains("UnauthorizedForCredentialOperations"))
            for (path, enabled) in [(Door.path, true), (plain, false)] {
                let shown = try door.json(try await door.call(.get, path, authorization: admin))
                #expect((shown["properties"] as? [String: Any])?["adminUserEnabled"] as? Bool == enabled)
            }
        }
    }

    @Test func `a run's login pulls everything, pushes to its repository, and ends with the run`() async throws {
        try await Door.with { door async throws in
            #expect(try await door.push(door.login(.acrPush), to: "base") == .created)
            let request = RunRequest.build(BuildRequest(sourceLocation: "https://h.test/a.git", imageNames: ["app"]))
            _ = try await door.store.enqueue(
                NewRun(
                    registry: "front01", type: .quickBuild, request: request, submittedBy: "nobody",
                    agentPool: "default"), maxQueued: 10, at: Date())
            let run = try await door.claim(lease: "lease")
            let registry = Registry(
                name: "front01", loginServer: Door.host, endpoint: "http://127.0.0.1:1", gateway: true)
            let minted = try await RunRegistryCredentials(tokens: door.tokens, principals: door.principals)
                .pushCredential(for: run, to: "app", at: registry)
            let credential = try #require(minted)
            let login = Door.basic(credential.username, credential.password.value)
            let token = "Bearer " + (try await door.token(login, "repository:app:pull,push repository:base:pull,push"))

            #expect(try await door.call(.get, "/v2/base/manifests/v1", authorization: token).status == .ok)
            #expect(try await door.push(token, to: "app") == .created)
            #expect(try await door.push(token, to: "base") == .unauthorized)
            #expect(try await door.call(.delete, "/v2/app/manifests/v1", authorization: token).status == .unauthorized)
            _ = try await door.store.cancel(
                CancelOrder(registry: "front01", .ids([run.id]), by: "tester"), isDryRun: false, at: Date())
            #expect(try await door.call(.get, "/v2/base/manifests/v1", authorization: token).status == .unauthorized)
        }
    }

    @Test func `a run's login is over when its agent loses it, and the next attempt does not bring it back`()
        async throws
    {
        try await Door.with { door async throws in
            let request = RunRequest.build(BuildRequest(sourceLocation: "https://h.test/a.git", imageNames: ["app"]))
            _ = try await door.store.enqueue(
                NewRun(
                    registry: "front01", type: .quickBuild, request: request, submittedBy: "nobody",
                    agentPool: "default"), maxQueued: 10, at: Date())
            let registry = Registry(
                name: "front01", loginServer: Door.host, endpoint: "http://127.0.0.1:1", gateway: true)
            let credentials = RunRegistryCredentials(tokens: door.tokens, principals: door.principals)
            func login(of run: Run) async throws -> String {
                let credential = try await credentials.pushCredential(for: run, to: "app", at: registry)
                return "Bearer "
                    + (try await door.token(
                        Door.basic(credential?.username ?? "", credential?.password.value ?? ""),
                        "repository:app:pull,push"))
            }
            let first = try await login(of: try await door.claim(lease: "first"))

            _ = try await door.store.giveBack(lease: "first", at: Date())
            #expect(try await door.push(first, to: "app") == .unauthorized)
            let second = try await login(of: try await door.claim(lease: "second"))

            #expect(try await door.push(first, to: "app") == .unauthorized)
            #expect(try await door.push(second, to: "app") == .created)
        }
    }

    @Test func `a run gets no login of another registry that whoever queued it may not use`() async throws {
        try await Door.with { door async throws in
            let request = RunRequest.build(BuildRequest(sourceLocation: "https://h.test/a.git", imageNames: ["app"]))
            let registry = Registry(
                name: "front01", loginServer: Door.host, endpoint: "http://127.0.0.1:1", gateway: true)
            let credentials = RunRegistryCredentials(tokens: door.tokens, principals: door.principals)
            for (role, mayPull, mayPush) in [
                (Role.acrPush, true, true), (.acrPull, true, false), (.poolOperator, false, false),
            ] {
                let run = try await door.store.enqueue(
                    NewRun(
                        registry: "plain01", type: .quickBuild, request: request, submittedBy: Door.ids[role] ?? "",
                        agentPool: "default"), maxQueued: 10, at: Date())
                let pull = try await credentials.pullCredential(for: run, at: registry, lasting: .seconds(60))
                let push = try await credentials.pushCredential(for: run, to: "app", at: registry)

                #expect((pull != nil) == mayPull)
                #expect((push != nil) == mayPush)
            }
        }
    }

    @Test func `listings have their paths and pages`() async throws {
        try await Door.with { door async throws in
            let login = door.login(.admin)
            #expect(try await door.push(login, to: "team/app") == .created)

            let catalog = try await door.call(.get, "/acr/v1/_catalog?n=100", authorization: login)
            let tags = try await door.call(.get, "/acr/v1/team/app/_tags?n=100&orderby=timedesc", authorization: login)
            let tag = try await door.call(.get, "/acr/v1/team/app/_tags/v1", authorization: login)
            let manifests = try await door.call(.get, "/acr/v1/team/app/_manifests?n=1", authorization: login)
            let repository = try await door.call(.get, "/acr/v1/team/app", authorization: login)

            #expect(try door.json(catalog)["repositories"] as? [String] == ["team/app"])
            #expect((try door.json(tags)["tags"] as? [[String: Any]])?.first?["name"] as? String == "v1")
            #expect(((try door.json(tag)["tag"] as? [String: Any])?["digest"] as? String)?.hasPrefix("sha256:") == true)
            #expect((try door.json(manifests)["manifests"] as? [[String: Any]])?.count == 1)
            #expect(try door.json(repository)["tagCount"] as? Int == 1)
            let link = try #require(HTTPField.Name("Link"))
            #expect(tags.headers[link] == nil)
            #expect(try await door.call(.get, "/acr/v1/none/_tags", authorization: login).status == .notFound)
            #expect(try await door.call(.get, "/acr/v1/UPPER/_tags", authorization: login).status == .notFound)
            #expect(try await door.call(.get, "/acr/v1/team/app/_tags").status == .unauthorized)
        }
    }

    @Test func `tags and repositories are deleted by those who may`() async throws {
        try await Door.with { door async throws in
            let admin = door.login(.admin)
            #expect(try await door.push(admin, to: "app") == .created)

            let denied = try await door.call(.delete, "/acr/v1/app", authorization: door.login(.acrPush))
            let tag = try await door.call(.delete, "/acr/v1/app/_tags/v1", authorization: admin)
            #expect(try await door.push(admin, to: "app") == .created)
            let repository = try await door.call(.delete, "/acr/v1/app", authorization: admin)
            let gone = try await door.call(.get, "/v2/app/manifests/v1", authorization: admin)

            #expect(denied.status == .unauthorized)
            #expect(tag.status == .accepted)
            #expect(repository.status == .accepted)
            #expect(gone.status == .notFound)
        }
    }

    @Test func `names that are free, taken or none are told apart`() async throws {
        try await Door.with { door async throws in
            let bearer = "Bearer " + (try await door.managementToken(.acrPull))
            for (name, reason) in [("FRONT01", "AlreadyExists"), ("a-b", "Invalid"), ("other01", "")] {
                let response = try await door.call(
                    .post, "/subscriptions/SUB/providers/Microsoft.ContainerRegistry/checkNameAvailability",
                    authorization: bearer, body: #"{"name":"\#(name)"}"#)
                let answer = try door.json(response)

                #expect((answer["reason"] as? String ?? "") == reason)
                #expect(answer["nameAvailable"] as? Bool == reason.isEmpty)
            }
        }
    }

    @Test(arguments: ["/v2/App/tags/list", "/v2/app/manifests/a%0d%0ab", "/v2/x", "/acr/v1/", "/v2/app/blobs/sha256:1"])
    func `S12 what no registry has is refused in the form of a registry`(path: String) async throws {
        try await Door.with { door async throws in
            let response = try await door.call(.get, path, authorization: door.login(.admin))

            #expect(response.status == .notFound)
            #expect(String(buffer: response.body).contains("\"errors\"") || path == "/acr/v1/")
        }
    }
}
