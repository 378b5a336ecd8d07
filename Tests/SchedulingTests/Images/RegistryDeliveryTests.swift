import Forges
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

struct RegistryDeliveryTests {
    private static let body = Array(
        #"{"events":[{"id":"1","action":"push","target":{"repository":"base","tag":"1"}}]}"#.utf8)

    private static func hook(_ kind: RegistryEventKind = .distribution, host: String = "localhost:5000") -> Hook {
        Hook(
            id: "0", kind: .registry(kind), registry: "local01", task: "", trigger: "h", repositoryURL: host,
            secret: Secret("s3cret"), standing: .manual)
    }

    private static func work(_ server: TestServer) -> RegistryDeliveries {
        RegistryDeliveries(server.environment, database: server.database)
    }

    @Test(arguments: [
        (RegistryEventKind.distribution, ["authorization": "Bearer s3cret"], true),
        (.distribution, ["authorization": "Bearer S3cret"], false), (.distribution, [:], false),
        (.distribution, ["authorization": "Bearer "], false), (.harbor, ["authorization": "s3cret"], true),
        (.harbor, ["authorization": "s3cre"], false), (.acr, ["authorization": "bearer s3cret"], true),
        (.dockerHub, ["x-slipway-hook-token": "s3cret"], true), (.dockerHub, ["authorization": "s3cret"], false),
    ])
    func `S15 a registry proves itself by the hook's secret`(
        kind: RegistryEventKind, headers: [String: String], isAuthentic: Bool
    ) async throws {
        try await TestServer.with { server in
            let webhook = Webhook(headers: headers, body: Self.body)

            #expect(Self.work(server).isAuthentic(webhook, to: Self.hook(kind)) == isAuthentic)
        }
    }

    @Test func `S15 a hook without a secret lets nobody in`() async throws {
        try await TestServer.with { server in
            let hook = Hook(
                id: "0", kind: .registry(.harbor), registry: "local01", task: "", trigger: "h", repositoryURL: "h",
                secret: Secret(""), standing: .manual)

            #expect(!Self.work(server).isAuthentic(Webhook(headers: ["authorization": ""], body: []), to: hook))
        }
    }

    @Test func `what a delivery names is asked for at once, under the host of the hook`() async throws {
        try await TestServer.with { server in
            let work = Self.work(server)
            let webhook = Webhook(headers: [:], body: Self.body)
            try await track(ImageFixture.image("base"), server)
            let later = server.time.date + 1
            server.time.pass(.seconds(1))

            let other = try await work.carryOut(webhook, id: 1, to: Self.hook(host: "other.example.test"))
            let before = try await work.images.dueChecks(at: later, isUrgent: true, limit: 10)
            let outcome = try await work.carryOut(webhook, id: 2, to: Self.hook())
            let unreadable = try await work.carryOut(
                Webhook(headers: [:], body: Array("<html>".utf8)), id: 3, to: Self.hook())

            #expect(other.text == "no task stands on other.example.test/base:1")
            #expect(before.isEmpty)
            #expect(outcome.text == "localhost:5000/base:1: the registry is asked for what tasks stand on")
            #expect(try await work.images.dueChecks(at: later, isUrgent: true, limit: 10).count == 1)
            #expect(unreadable.text.contains("can't be read"))
        }
    }

    private func track(_ image: ImageReference, _ server: TestServer) async throws {
        let fixture = SQLiteTaskStore(database: server.database, box: server.box)
        let author = TaskDefinition.Authorship(by: "me", at: server.time.date)
        _ = try await fixture.update("t", in: "local01") { _ in
            TaskDefinition(
                name: "t", registry: "local01",
                step: .encoded(
                    TaskStep.EncodedStep(
                        context: TaskContext(location: nil), content: Secret(""), valuesContent: nil, values: [])),
                triggers: TaskTriggers(
                    baseImage: BaseImageTriggerDefinition(
                        name: "b", isEnabled: true, kind: .runtime, updateTriggerEndpoint: nil,
                        updateTriggerPayloadType: nil)), created: author, changed: author)
        }
        let images = TrackedImageStore(database: server.database)
        let unread = try #require(try await images.unread(at: server.time.date, limit: 1).first)
        try await images.setReading(
            of: unread, images: [TrackedImage(image: image, use: .runtime, origin: .dockerfile)], outputs: [],
            problem: nil, next: nil, at: server.time.date)
        let check = try #require(try await images.dueChecks(at: server.time.date, isUrgent: false, limit: 1).first)
        try await images.settle(
            check, on: "a", asked: server.time.date, next: server.time.date + 900, at: server.time.date)
    }
}
