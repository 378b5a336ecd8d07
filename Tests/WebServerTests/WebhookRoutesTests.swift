import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Storage
import TaskModel
import Testing

@testable import WebServer

/// What forges send, and the ledger of it.
struct WebhookRoutesTests {
    private static let secret = "hook-secret"
    private static let hook = String(repeating: "a", count: 32)

    private static func put(_ web: WebFixture) async throws {
        try await web.hooks.put(
            Hook(
                id: hook, kind: .forge(.gitHub), registry: "local01", task: "web", trigger: "source",
                repositoryURL: "https://h.test/a.git", secret: Secret(secret), standing: .manual))
    }

    private func send(
        _ web: WebFixture, _ body: String = "{\"zen\":\"x\"}", event: String = "ping", id: String? = "d1",
        secret: String = secret, to path: String = "github/" + hook
    ) async throws -> TestResponse {
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(body.utf8), using: SymmetricKey(data: Data(secret.utf8)))
        var headers: HTTPFields = [:]
        for (name, value) in [
            ("X-GitHub-Event", event), ("X-GitHub-Delivery", id ?? ""),
            ("X-Hub-Signature-256", "sha256=" + code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()),
        ] where !value.isEmpty {
            headers[try #require(HTTPField.Name(name))] = value
        }
        return try await web.call(nil, .post, "/hooks/" + path, body, headers: headers)
    }

    @Test func `S15 S16 a wrong secret, a wrong kind and a hook that is not there are told nothing, alike`()
        async throws
    {
        try await WebFixture.with { web async throws in
            try await Self.put(web)

            let answers = [
                try await send(web, secret: "other"), try await send(web, to: "gitlab/" + Self.hook),
                try await send(web, to: "github/" + String(repeating: "b", count: 32)),
                try await send(web, to: "cvs/" + Self.hook),
                try await web.call(nil, .post, "/hooks/github/" + Self.hook, "{}"),
            ]

            for answer in answers {
                #expect(answer.status == .unauthorized)
                #expect(answer.code == "WebhookUnauthorized")
                #expect(answer.text == answers[0].text)
            }
            let admin = try await web.login(RoleAssignment(.admin))
            let listed: Page<DeliveryResource> = try await web.call(
                admin, .get, WebFixture.scope + "local01/triggerDeliveries"
            ).decoded()
            #expect(listed.value == [])
        }
    }

    @Test func `D5 a delivery is answered once it is kept, and one that comes again with the same id as the first`()
        async throws
    {
        try await WebFixture.with { web async throws in
            try await Self.put(web)

            let first: TestResponse = try await send(web)
            let again = try await send(web)
            let other = try await send(web, id: "d2")

            #expect([first.status, again.status, other.status] == [.accepted, .ok, .accepted])
            #expect(try first.decoded(DeliveryAnswer.self).id == again.decoded(DeliveryAnswer.self).id)
            #expect(try first.decoded(DeliveryAnswer.self).state == "pending")
        }
    }

    @Test func `D5 without an id of its sender a delivery is told by its body`() async throws {
        try await WebFixture.with { web async throws in
            try await Self.put(web)

            let first = try await send(web, id: nil)
            let again = try await send(web, id: nil)
            let other = try await send(web, "{\"zen\":\"y\"}", id: nil)

            #expect([first.status, again.status, other.status] == [.accepted, .ok, .accepted])
        }
    }

    @Test func `T13 many deliveries at the same time are all kept, each once`() async throws {
        try await WebFixture.with { web async throws in
            try await Self.put(web)

            let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for number in 0..<400 {
                    group.addTask { try await send(web, id: "d\(number % 280)").status }
                }
                return try await group.reduce(into: [HTTPResponse.Status: Int]()) { $0[$1, default: 0] += 1 }
            }

            #expect(statuses == [.accepted: 280, .ok: 120])
            let admin = try await web.login(RoleAssignment(.admin))
            let listed: Page<DeliveryResource> = try await web.call(
                admin, .get, WebFixture.scope + "local01/triggerDeliveries?$top=1000"
            ).decoded()
            #expect(Set(listed.value.map(\.deliveryId)).count == 280)
        }
    }

    @Test func `S11 a delivery of more than 25 MiB is refused`() async throws {
        try await WebFixture.with { web async throws in
            try await Self.put(web)

            let answer = try await send(web, String(repeating: "x", count: WebhooksController.maxBytes + 1))

            #expect(answer.status == .contentTooLarge)
            #expect(answer.code == "RequestContentTooLarge")
        }
    }

    @Test func `the ledger is listed by task, and what a delivery says is for those who write tasks`() async throws {
        try await WebFixture.with { web async throws in
            try await Self.put(web)
            _ = try await send(web)
            let reader = try await web.login(RoleAssignment(.reader))
            let author = try await web.login(RoleAssignment(.taskAuthor))
            let path = WebFixture.scope + "local01/triggerDeliveries"

            let mine: Page<DeliveryResource> = try await web.call(reader, .get, path + "?task=WEB&$top=5").decoded()
            let others: Page<DeliveryResource> = try await web.call(reader, .get, path + "?task=x").decoded()
            let id = try #require(mine.value.first?.id)
            let shown: DeliveryResource = try await web.call(reader, .get, "\(path)/\(id)").decoded()
            let whole: DeliveryResource = try await web.call(author, .get, "\(path)/\(id)").decoded()

            #expect(mine.value.count == 1 && others.value == [])
            #expect(shown.task == "web" && shown.kind == "github" && shown.state == "pending")
            #expect(shown.body == nil && shown.headers == nil)
            #expect(whole.body == "{\"zen\":\"x\"}")
            #expect(whole.headers?["x-github-event"] == "ping")
            #expect(whole.headers?["x-hub-signature-256"] == nil)
        }
    }

    @Test func `deliveries are replayed and approved by those who write tasks, in their own registry`() async throws {
        try await WebFixture.with { web async throws in
            try await Self.put(web)
            let id = try await send(web).decoded(DeliveryAnswer.self).id
            let author = try await web.login(RoleAssignment(.taskAuthor))
            let builder = try await web.login(RoleAssignment(.builder))
            let path = "/triggerDeliveries/\(id)"

            let replayed = try await web.call(author, .post, WebFixture.scope + "local01\(path)/replay")
            let refused = try await web.call(builder, .post, WebFixture.scope + "local01\(path)/replay")
            let foreign = try await web.call(author, .post, WebFixture.scope + "other01\(path)/replay")
            let approved = try await web.call(
                author, .post, WebFixture.scope + "local01\(path)/approve", #"{"commit":"c0ffee"}"#)

            #expect(try replayed.decoded(DeliveryResource.self).state == "pending")
            #expect(refused.status == .notFound)
            #expect(foreign.status == .notFound && foreign.code == "ResourceNotFound")
            #expect(approved.status == .badRequest && approved.code == "NothingToApprove")
        }
    }
}
