import CurlHTTP
import Foundation
import Hummingbird
import HummingbirdTesting
import ResourceAPI
import Scheduling
import Storage
import TaskModel
import TestSupport
import Testing

@testable import WebServer

struct NotificationRoutesTests {
    private static let path = "/notifications/ci"
    private static let body = #"""
        {"url":"https://me:hunter2@h.test/x?token=hunter2","events":["finished"],"tasks":["app-*"],"statuses":["failed"]}
        """#

    private func put(_ server: TestRoutes, _ body: String = body) async throws -> TestResponse {
        try await server.call(.put, Self.path, body)
    }

    @Test func `a notification is made, shown, changed and deleted`() async throws {
        try await TestRoutes.with { server async throws in
            let made = try await put(server)
            let shown = try await server.call(.get, Self.path)
            let listed = try await server.call(.get, "/notifications").decoded(Page<NotificationResource>.self).value
            let changed = try await put(server, #"{"url":"https://h.test/y","status":"Disabled"}"#)
            let deleted = try await server.call(.delete, Self.path)
            let gone = try await server.call(.get, Self.path)

            #expect([made, shown, changed, deleted, gone].map(\.status.code) == [200, 200, 200, 200, 404])
            var expected = try made.decoded(NotificationResource.self)
            #expect(expected.secret?.value.count == 64)
            #expect(made.headers[.cacheControl] == "no-store")
            expected.secret = nil
            #expect(try shown.decoded() == expected)
            #expect(listed == [expected])
            #expect(expected.url == "https://h.test/x?***")
            #expect(expected.events == ["finished"])
            #expect(expected.statuses == ["Failed"])
            let new = try changed.decoded(NotificationResource.self)
            #expect(new.events == ["started", "finished"])
            #expect(new.tasks == nil)
            #expect(new.status == "Disabled")
            #expect(new.createTime == expected.createTime)
        }
    }

    @Test func `a secret is told to who sets it and to who may see secrets, the URL to the latter`() async throws {
        try await TestRoutes.with(role: .taskAuthor) { server async throws in
            let made = try await put(server).decoded(NotificationResource.self)
            let kept = try await put(server)
            let back = try await put(server, #"{"url":"https://h.test/x?***"}"#)
            let details = try await server.call(.post, Self.path + "/listDetails").decoded(NotificationResource.self)
            let given = try await put(server, #"{"url":"https://h.test/","secret":"one that was given"}"#)

            #expect(details.secret == made.secret)
            #expect(details.url == "https://me:hunter2@h.test/x?token=hunter2")
            #expect(!kept.text.contains("secret") && !kept.text.contains("hunter2"))
            #expect(!back.text.contains("hunter2"))
            #expect(try given.decoded(NotificationResource.self).secret == Secret("one that was given"))
        }
    }

    @Test(arguments: [
        (path, "{}", "InvalidParameter", "url"), (path, #"{"url":"h.test"}"#, "InvalidParameter", "https://"),
        (path, #"{"url":"http://h.test/"}"#, "InvalidParameter", "sources.allow"),
        (path, #"{"url":"https://h.test/","events":["done"]}"#, "InvalidParameter", "queued, started, finished"),
        (path, #"{"url":"https://h.test/","events":[]}"#, "InvalidParameter", "events"),
        (path, #"{"url":"https://h.test/","statuses":["Running"]}"#, "InvalidParameter", "Succeeded"),
        (path, #"{"url":"https://h.test/","tasks":["a/b"]}"#, "InvalidName", "pattern"),
        (path, #"{"url":"https://h.test/","secret":"short"}"#, "InvalidParameter", "16"),
        (path, #"{"url":"https://h.test/","status":"On"}"#, "InvalidParameter", "Enabled"),
        ("/notifications/a%20b", #"{"url":"https://h.test/"}"#, "InvalidName", "letters"),
    ])
    func `what no notification can be is refused by name`(path: String, body: String, code: String, words: String)
        async throws
    {
        try await TestRoutes.with { server async throws in
            let answer = try await server.call(.put, path, body)

            #expect(answer.status == .badRequest)
            #expect(answer.code == code)
            #expect(answer.text.contains(words), "\(answer.text)")
        }
    }

    @Test func `S16 notifications of one registry are nobody else's`() async throws {
        try await TestRoutes.with { server async throws in
            let other = TestRoutes.registry.replacing("local01", with: "other01")
            _ = try await put(server)

            for (method, path) in [
                (HTTPRequest.Method.get, ""), (.delete, ""), (.post, "/ping"), (.post, "/listDetails"),
                (.get, "/deliveries"), (.post, "/deliveries/a/replay"),
            ] {
                let foreign = try await server.call(method, Self.path + path, registry: other)
                let absent = try await server.call(method, "/notifications/cj" + path)
                #expect(foreign.status == .notFound, "\(path)")
                #expect(foreign.text.replacing("ci", with: "cj") == absent.text, "\(path)")
            }
            #expect(try await server.call(.get, "/notifications", registry: other).text == #"{"value":[]}"#)
        }
    }

    @Test(arguments: [
        (Role.reader, [200, 404, 404, 404, 200]), (.builder, [200, 404, 404, 404, 200]),
        (.poolOperator, [200, 404, 404, 404, 200]), (.acrPush, [404, 404, 404, 404, 404]),
    ])
    func `those who don't write tasks see notifications at most`(role: Role, codes: [Int]) async throws {
        try await TestRoutes.with(role: role) { server async throws in
            let answers = [
                try await server.call(.get, "/notifications"), try await put(server),
                try await server.call(.post, Self.path + "/ping"), try await server.call(.delete, Self.path),
                try await server.call(.get, "/notifications"),
            ]
            #expect(answers.map(\.status.code) == codes)
        }
    }

    @Test func `a notification is tried out, and its deliveries are listed`() async throws {
        try await TestRoutes.with { server async throws in
            // Nothing listens there, and nothing would be sent without encryption.
            _ = try await put(server, #"{"url":"https://127.0.0.1:1/"}"#)

            let ping = try await server.call(.post, Self.path + "/ping")
            let listed = try await server.call(.get, Self.path + "/deliveries?$top=5")

            let delivery = try ping.decoded(NotificationDeliveryResource.self)
            #expect(delivery.event == "ping")
            #expect(delivery.state == "failed")
            #expect(delivery.attempts == 1)
            #expect(delivery.lastError?.contains("https://127.0.0.1:1") == true)
            #expect(try listed.decoded(Page<NotificationDeliveryResource>.self).value == [delivery])
            let again = try await server.call(.post, Self.path + "/deliveries/\(delivery.id)/replay")
            #expect(try again.decoded(NotificationDeliveryResource.self).state == "pending")
        }
    }

    @Test func `what is posted shows the run as the API does, and no secrets`() async throws {
        try await WebFixture.with { web async throws in
            let run = try #require(try await web.runs.find(RunID(sequence: 1)))
            let identity = ServerIdentity(
                tenant: "T", subscription: "SUB", resourceGroup: "slipway", publicURL: "https://s", version: "1")

            let body = try identity.notificationBody(
                NotificationContent(event: .queued, at: run.createTime, of: run, cameTo: .queued))

            let message = try WireJSON.decode(NotificationMessage.self, from: body)
            let id = try #require(ResourceID(WebFixture.scope + "local01"))
            #expect(message.run == RunResource(run, in: id))
            #expect(message.event == "queued")
            #expect(message.registry == "local01")
            #expect(message.status == "Queued")
        }
    }
}
