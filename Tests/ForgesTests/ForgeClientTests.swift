import CurlHTTP
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import Forges

/// Hooks and statuses at each forge, request by request.
struct ForgeClientTests {
    private static let hook = WantedHook(url: "https://ci.example/hooks/x/1", secret: Secret("s3cret"))
    private static let commit = String(repeating: "ab", count: 20)

    private static func client(_ stub: ForgeStub, token: String = "t0ken") throws -> ForgeClient {
        let path =
            switch stub.kind {
            case .azureRepos: "/org/a b/_git/b"
            case .bitbucketDataCenter: "/scm/a/b.git"
            default: "/a/b.git"
            }
        let directory = ForgeDirectory([ForgeHost(host: stub.host, kind: stub.kind)])
        let location = try #require(directory.location(of: "http://\(stub.host)\(path)"))
        return ForgeClient(location, token: Secret(token), http: HTTPClient())
    }

    /// How the requests of each forge begin, where its hooks are, and what logs in.
    private static func shape(_ kind: ForgeKind) -> (list: String, hooks: String, login: String) {
        let basic = "Basic " + Data(":t0ken".utf8).base64EncodedString()
        return switch kind {
        case .gitHub:
            ("/api/v3/repos/a/b/hooks?per_page=100&page=1", "/api/v3/repos/a/b/hooks", "Bearer t0ken")
        case .gitLab:
            ("/api/v4/projects/a%2Fb/hooks?per_page=100&page=1", "/api/v4/projects/a%2Fb/hooks", "Bearer t0ken")
        case .gitea: ("/api/v1/repos/a/b/hooks?limit=50&page=1", "/api/v1/repos/a/b/hooks", "token t0ken")
        case .azureRepos:
            (
                "/org/_apis/hooks/subscriptions?publisherId=tfs&consumerId=webHooks&api-version=6.0",
                "/org/_apis/hooks/subscriptions?api-version=6.0", basic
            )
        case .bitbucket:
            ("/2.0/repositories/a/b/hooks?pagelen=100&page=1", "/2.0/repositories/a/b/hooks", "Bearer t0ken")
        case .bitbucketDataCenter:
            (
                "/rest/api/1.0/projects/a/repos/b/webhooks?limit=100&start=0",
                "/rest/api/1.0/projects/a/repos/b/webhooks", "Bearer t0ken"
            )
        }
    }

    @Test(arguments: [
        (
            ForgeKind.gitHub,
            #"{"active":true,"config":{"content_type":"json","insecure_ssl":"0","secret":"s3cret","url":"https://ci.example/hooks/x/1"},"events":["push","pull_request"],"name":"web"}"#
        ),
        (
            .gitLab,
            #"{"enable_ssl_verification":true,"merge_requests_events":true,"push_events":true,"push_events_branch_filter":"","tag_push_events":true,"token":"s3cret","url":"https://ci.example/hooks/x/1"}"#
        ),
        (
            .gitea,
            #"{"active":true,"branch_filter":"*","config":{"content_type":"json","secret":"s3cret","url":"https://ci.example/hooks/x/1"},"events":["push","delete","pull_request","pull_request_sync"],"type":"gitea"}"#
        ),
        (
            .azureRepos,
            #"{"consumerActionId":"httpRequest","consumerId":"webHooks","consumerInputs":{"basicAuthPassword":"s3cret","basicAuthUsername":"slipway","detailedMessagesToSend":"none","messagesToSend":"text","resourceDetailsToSend":"all","url":"https://ci.example/hooks/x/1"},"eventType":"git.push","publisherId":"tfs","publisherInputs":{"branch":"","projectId":"P-1","repository":"R-1"},"resourceVersion":"1.0"}"#
        ),
        (
            .bitbucket,
            #"{"active":true,"description":"slipway","events":["repo:push","pullrequest:created","pullrequest:updated"],"secret":"s3cret","url":"https://ci.example/hooks/x/1"}"#
        ),
        (
            .bitbucketDataCenter,
            #"{"active":true,"configuration":{"secret":"s3cret"},"events":["repo:refs_changed","pr:opened","pr:from_ref_updated"],"name":"slipway","sslVerificationRequired":true,"url":"https://ci.example/hooks/x/1"}"#
        ),
    ])
    func `a hook is made where there is none, and left alone where it is right`(kind: ForgeKind, body: String)
        async throws
    {
        try await ForgeStub.with(kind) { stub in
            let client = try Self.client(stub)
            let shape = Self.shape(kind)

            let id = try await client.install(Self.hook)
            let made = stub.exchanges.filter { $0.line.hasPrefix("POST") }
            let again = try await client.install(Self.hook)

            #expect(stub.exchanges.contains { $0.line == "GET \(shape.list)" })
            #expect(
                made.first == ForgeStub.Exchange(line: "POST \(shape.hooks)", authorization: shape.login, body: body))
            #expect(made.count == (kind == .azureRepos ? 3 : 1))
            #expect(again == id)
            #expect(stub.exchanges.filter { !$0.line.hasPrefix("GET") } == made)
            #expect(stub.exchanges.allSatisfy { $0.authorization == shape.login && !$0.line.contains("t0ken") })
        }
    }

    @Test(arguments: [
        (ForgeKind.gitHub, "active", "PATCH"), (.gitLab, "push_events", "PUT"), (.gitea, "active", "PATCH"),
        (.bitbucket, "active", "PUT"), (.bitbucketDataCenter, "active", "PUT"),
    ])
    func `a hook that somebody changed is repaired`(kind: ForgeKind, member: String, method: String) async throws {
        try await ForgeStub.with(kind) { stub in
            let client = try Self.client(stub)
            let id = try await client.install(Self.hook)
            stub.changeHooks(member, to: false)

            let repaired = try await client.install(Self.hook)
            let count = stub.exchanges.count
            _ = try await client.install(Self.hook)

            #expect(repaired == id)
            #expect(stub.exchanges[..<count].filter { $0.line.hasPrefix(method) }.count == 1)
            #expect(!stub.exchanges[count...].contains { !$0.line.hasPrefix("GET") })
        }
    }

    @Test(arguments: ForgeKind.allCases)
    func `a hook that is gone is made again, and removed for good`(kind: ForgeKind) async throws {
        try await ForgeStub.with(kind) { stub in
            let client = try Self.client(stub)
            _ = try await client.install(Self.hook)
            stub.forgetHooks()

            let id = try await client.install(Self.hook)
            let parts = kind == .azureRepos ? 3 : 1
            #expect(stub.hookURLs.count == parts)
            try await client.remove(id, url: Self.hook.url)
            #expect(stub.hookURLs.isEmpty)
            // What is gone needs no removal.
            try await client.remove(id, url: Self.hook.url)
            _ = try await client.install(Self.hook)
            try await client.remove(nil, url: Self.hook.url)

            #expect(stub.hookURLs.isEmpty)
        }
    }

    @Test(arguments: [
        (
            ForgeKind.gitHub, CommitStatus.State.pending, "/api/v3/repos/a/b/statuses/",
            #"{"context":"slipway/app","description":"It runs.","state":"pending","target_url":"https://ci.example/runs/ca1"}"#
        ),
        (
            .gitHub, .error, "/api/v3/repos/a/b/statuses/",
            #"{"context":"slipway/app","description":"It runs.","state":"error","target_url":"https://ci.example/runs/ca1"}"#
        ),
        (
            .gitLab, .pending, "/api/v4/projects/a%2Fb/statuses/",
            #"{"description":"It runs.","name":"slipway/app","state":"pending","target_url":"https://ci.example/runs/ca1"}"#
        ),
        (
            .gitLab, .failure, "/api/v4/projects/a%2Fb/statuses/",
            #"{"description":"It runs.","name":"slipway/app","state":"failed","target_url":"https://ci.example/runs/ca1"}"#
        ),
        (
            .gitea, .success, "/api/v1/repos/a/b/statuses/",
            #"{"context":"slipway/app","description":"It runs.","state":"success","target_url":"https://ci.example/runs/ca1"}"#
        ),
        (
            .azureRepos, .success, "/org/a%20b/_apis/git/repositories/b/commits/",
            #"{"context":{"genre":"slipway","name":"app"},"description":"It runs.","state":"succeeded","targetUrl":"https://ci.example/runs/ca1"}"#
        ),
        (
            .bitbucket, .pending, "/2.0/repositories/a/b/commit/",
            #"{"description":"It runs.","key":"slipway/app","name":"slipway/app","state":"INPROGRESS","url":"https://ci.example/runs/ca1"}"#
        ),
        (
            .bitbucketDataCenter, .failure, "/rest/build-status/1.0/commits/",
            #"{"description":"It runs.","key":"slipway/app","name":"slipway/app","state":"FAILED","url":"https://ci.example/runs/ca1"}"#
        ),
    ])
    func `a commit's status is told as the forge wants it`(
        kind: ForgeKind, state: CommitStatus.State, path: String, body: String
    ) async throws {
        try await ForgeStub.with(kind) { stub in
            let status = CommitStatus(
                state: state, context: "slipway/app", description: "It runs.", url: "https://ci.example/runs/ca1")

            try await Self.client(stub).report(status, on: Self.commit)

            let exchange = try #require(stub.exchanges.first)
            #expect(exchange.line.hasPrefix("POST \(path)\(Self.commit)"))
            #expect(exchange.authorization == Self.shape(kind).login)
            #expect(exchange.body == body)
        }
    }

    @Test(
        arguments: [
            (.gitHub, nil), (.gitLab, nil), (.gitea, nil), (.azureRepos, nil), (.bitbucket, "/a/b/commits/"),
            (.bitbucketDataCenter, "/projects/a/repos/b/commits/"),
        ] as [(ForgeKind, String?)])
    func `a status without a page has none, or the commit's own where there must be one`(
        kind: ForgeKind, page: String?
    ) async throws {
        try await ForgeStub.with(kind) { stub in
            let status = CommitStatus(state: .success, context: "slipway/app", description: "It ran.", url: nil)

            try await Self.client(stub).report(status, on: Self.commit)

            let body = try #require(stub.exchanges.first?.body)
            #expect(body.lowercased().contains("url") == (page != nil))
            #expect(page.map { body.contains($0 + Self.commit) } ?? true)
        }
    }

    @Test func `GitLab's complaint about a status that it knows is none`() async throws {
        try await ForgeStub.with(.gitLab) { stub in
            stub.refuse(
                .init(400, body: #"{"message":"Cannot transition status via :enqueue from :pending"}"#))
            let status = CommitStatus(
                state: .pending, context: "slipway/app", description: "", url: "https://x.example")

            try await Self.client(stub).report(status, on: Self.commit)
        }
    }

    @Test func `a token may hold its user`() async throws {
        try await ForgeStub.with(.bitbucket) { stub in
            _ = try await Self.client(stub, token: "pilot:pass:word").install(Self.hook)

            let login = "Basic " + Data("pilot:pass:word".utf8).base64EncodedString()
            #expect(stub.exchanges.allSatisfy { $0.authorization == login })
        }
    }

    @Test(
        arguments: [
            (401, [], ForgeError.tokenRefused(server: "127.0.0.1", reason: "401: no")),
            (403, [], .tokenRefused(server: "127.0.0.1", reason: "403: no")),
            (
                403, [("Retry-After", "7")],
                .unavailable(server: "127.0.0.1", reason: "403: no", retryAfter: .seconds(7))
            ),
            (404, [], .repositoryNotFound(server: "127.0.0.1", repository: "a/b")),
            (422, [], .rejected(server: "127.0.0.1", status: 422, reason: "422: no")),
            (
                429, [("Retry-After", "99999")],
                .unavailable(server: "127.0.0.1", reason: "429: no", retryAfter: .seconds(3600))
            ),
            (503, [], .unavailable(server: "127.0.0.1", reason: "503: no", retryAfter: nil)),
        ] as [(Int, [(String, String)], ForgeError)])
    func `a refusal tells what can be done about it`(status: Int, headers: [(String, String)], error: ForgeError)
        async throws
    {
        try await ForgeStub.with(.gitHub) { stub in
            stub.refuse(.init(status, headers))
            let client = try Self.client(stub)

            await #expect(throws: error) { try await client.install(Self.hook) }
            #expect(!error.description.contains("t0ken"))
        }
    }

    @Test(arguments: [
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        "You have triggered an abuse detection mechanism.",
    ])
    func `a limit that is told in words alone says nothing against the token`(words: String) async throws {
        try await ForgeStub.with(.gitHub) { stub in
            stub.refuse(.init(403, body: #"{"message":"\#(words)"}"#))
            let client = try Self.client(stub)

            await #expect(
                throws: ForgeError.unavailable(
                    server: "127.0.0.1", reason: "403: \(words)", retryAfter: .seconds(60))
            ) { try await client.install(Self.hook) }
        }
    }

    @Test(arguments: [
        (#"{"message":"Bad credentials"}"#, "401: Bad credentials"),
        (
            #"{"message":"Validation Failed","errors":[{"message":"url is not reachable"}]}"#,
            "401: Validation Failed: url is not reachable"
        ),
        (#"{"message":{"url":["is blocked"]}}"#, "401: url is blocked"),
        (#"{"error":"invalid_token"}"#, "401: invalid_token"),
        (#"{"type":"error","error":{"message":"Access denied"}}"#, "401: Access denied"),
        (#"{"errors":[{"context":null,"message":"Not permitted"}]}"#, "401: Not permitted"),
        (#"{"message":"t0ken is none\nof ours"}"#, "401: *** is none"),
        ("<html>", "401"), ("", "401"), ("[]", "401"), ("{}", "401"),
    ])
    func `a refusal is told in the forge's own words`(body: String, reason: String) async throws {
        try await ForgeStub.with(.gitLab) { stub in
            stub.refuse(.init(401, body: body))
            let client = try Self.client(stub)

            await #expect(throws: ForgeError.tokenRefused(server: "127.0.0.1", reason: reason)) {
                try await client.install(Self.hook)
            }
        }
    }

    @Test func `a repository that has moved wants its new URL`() async throws {
        try await ForgeStub.with(.gitHub) { stub in
            stub.refuse(.init(301, [("Location", "https://api.example/repositories/1/hooks")]))
            let client = try Self.client(stub)

            let error = await #expect(throws: ForgeError.self) { try await client.install(Self.hook) }

            #expect(error?.description.contains("new URL") == true)
        }
    }

    @Test func `a forge that is not there is asked again later`() async throws {
        let location = try #require(
            ForgeDirectory([ForgeHost(host: "127.0.0.1:1", kind: .gitHub)]).location(of: "http://127.0.0.1:1/a/b"))
        let client = ForgeClient(location, token: Secret("t0ken"), http: HTTPClient())

        let error = await #expect(throws: ForgeError.self) { try await client.install(Self.hook) }

        guard case .unavailable(_, let reason, nil)? = error else { throw Unexpected() }
        #expect(!reason.contains("t0ken"))
    }

    @Test func `S3 addresses that are refused are not connected to`() async throws {
        try await ForgeStub.with(.gitHub) { stub in
            var configuration = HTTPClient.Configuration()
            configuration.addressPolicy = AddressPolicy()
            let location = try #require(
                ForgeDirectory([ForgeHost(host: stub.host, kind: .gitHub)]).location(of: "http://\(stub.host)/a/b"))
            let client = ForgeClient(location, token: Secret("t0ken"), http: HTTPClient(configuration))

            await #expect(throws: ForgeError.self) { try await client.install(Self.hook) }
            #expect(stub.exchanges.isEmpty)
        }
    }

    private struct Unexpected: Error {}
}
