import AgentProtocol
import Crypto
import CurlHTTP
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

struct NotificationTests {
    @Test func `a target is told how a run goes, in order and signed`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver()
            try await receiver.serve { url async throws in
                let target = try await fixture.put("one", url)
                try await fixture.sending {
                    _ = try await fixture.server.submit()
                    let lease = try #require(try await fixture.server.take()).lease
                    try await fixture.server.broker.finish(lease, with: RunOutcome(status: .failed), logLength: 0)
                    try await eventually("three deliveries") { receiver.seen.count == 3 }
                    let deliveries = try await delivered(to: target, 3, fixture)

                    #expect(
                        receiver.seen.map(\.body) == [
                            "queued ca1 Queued", "started ca1 Started", "finished ca1 Failed",
                        ])
                    #expect(receiver.seen.allSatisfy { $0.isSigned(with: NotificationFixture.secret) })
                    #expect(receiver.seen.map { $0.headers["x-slipway-event"] } == ["queued", "started", "finished"])
                    #expect(receiver.seen.map { $0.headers["content-type"] }.allSatisfy { $0 == "application/json" })
                    #expect(receiver.seen.map(\.delivery) == deliveries.reversed().map(\.id))
                    #expect(deliveries.allSatisfy { $0.lastStatus == 204 && $0.attempts == 1 })
                }
            }
        }
    }

    @Test func `the signature is the HMAC that others compute`() {
        // printf '1800000000.{"event":"ping"}' | openssl dgst -sha256 -hmac 0123456789abcdef
        #expect(
            NotificationPost.signature(
                Array(#"{"event":"ping"}"#.utf8), timestamp: "1800000000", secret: NotificationFixture.secret)
                == "sha256=cd6c85a32ef9de15b817ed0b98e69986e40a8b388fe8ca2f9bd5c2b6e599ff63")
    }

    @Test
    func `N5 what fails is sent again with the same id, also by the next process, and only then what is behind it`()
        async throws
    {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver(statuses: [500, 302])
            try await receiver.serve { url async throws in
                let target = try await fixture.put("one", url)
                _ = try await fixture.server.submit()
                _ = try await fixture.server.submit()
                try await fixture.sending {
                    try await eventually("the first attempt") { receiver.seen.count == 1 }
                }
                fixture.server.time.pass(.seconds(30))
                try await fixture.sending {
                    try await eventually("the second attempt") { receiver.seen.count >= 2 }
                    let time = fixture.server.time
                    try await eventually("the others") {
                        time.pass(.seconds(1))
                        return receiver.seen.count == 4
                    }
                    let deliveries = try await delivered(to: target, 2, fixture)

                    #expect(
                        receiver.seen.map(\.body)
                            == Array(repeating: "queued ca1 Queued", count: 3) + ["queued ca2 Queued"])
                    #expect(Set(receiver.seen.prefix(3).map(\.delivery)).count == 1)
                    #expect(deliveries.map(\.attempts).max() ?? 0 >= 2)
                    #expect(receiver.seen.allSatisfy { $0.isSigned(with: NotificationFixture.secret) })
                }
            }
        }
    }

    @Test func `a target that does not answer holds up no other`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let slow = NotificationReceiver(isHeld: true)
            let quick = NotificationReceiver()
            try await slow.serve { slowURL async throws in
                try await quick.serve { quickURL async throws in
                    let target = try await fixture.put("slow", slowURL)
                    _ = try await fixture.put("quick", quickURL)
                    try await fixture.sending {
                        for _ in 1...3 { _ = try await fixture.server.submit() }
                        try await eventually("the quick one to know all") { quick.seen.count == 3 }
                        #expect(slow.seen.count <= 1)
                        slow.release()
                        _ = try await delivered(to: target, 3, fixture)
                        #expect(slow.seen.map(\.body) == quick.seen.map(\.body))
                    }
                }
            }
        }
    }

    @Test func `410 disables a target`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver(statuses: [410])
            try await receiver.serve { url async throws in
                let target = try await fixture.put("one", url)
                _ = try await fixture.server.submit()
                _ = try await fixture.server.submit()
                try await fixture.sending {
                    let store = fixture.store
                    try await until(in: store) { try await store.find("one", in: "local01")?.isEnabled == false }
                }
                let deliveries = try await fixture.store.deliveries(of: target, limit: 9)

                #expect(receiver.seen.count == 1)
                #expect(deliveries.map(\.state) == [.failed, .failed])
                #expect(try await fixture.store.find("one", in: "local01")?.problem?.contains("410") == true)
            }
        }
    }

    @Test func `410 of a URL that was replaced meanwhile disables nothing, and the new one is told`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver(statuses: [410])
            try await receiver.serve { url async throws in
                _ = try await fixture.put("one", url)
                _ = try await fixture.server.submit()
                try await fixture.recorder.record()
                let called = try #require(try await fixture.store.heads().first)
                let moved = try await fixture.put("one", url + "/moved")

                await fixture.sender().deliver(called)

                #expect(try await fixture.store.find("one", in: "local01") == moved)
                let head = try #require(try await fixture.store.heads().first)
                #expect(head.delivery.id == called.delivery.id)
                #expect(head.delivery.attempts == 1)
                #expect(head.delivery.nextTime == fixture.server.time.date)
            }
        }
    }

    @Test func `a run that can't be read holds up nothing that is told of others`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let target = try await fixture.put("one", "https://h.test/a")
            let lost = try await fixture.server.submit()
            let kept = try await fixture.server.submit()
            try await fixture.server.spoil(run: lost.id)

            try await fixture.recorder.record()

            #expect(try await fixture.store.deliveries(of: target, limit: 9).map(\.run) == [kept.id])
        }
    }

    @Test func `a target that can't be read is written anew`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let key = SymmetricKey(data: Data(repeating: 2, count: 32))
            let target = try await fixture.put("one", "https://h.test/a")
            try await NotificationStore(database: fixture.server.database, box: SecretBox(key: key)).put(target)
            let (service, registry) = (fixture.service(), fixture.server.registry)

            await #expect(throws: StorageError.secretUnreadable) { try await service.show("one", in: registry) }
            let written = try await service.put("one", in: registry, by: "me") { known, _ in
                #expect(known == nil)
                return target
            }

            #expect(written == target)
            #expect(try await service.list(in: registry) == [target])
        }
    }

    @Test func `Retry-After is heeded, and after 24 hours a delivery is given up`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver(statuses: [503, 500])
            try await receiver.serve { url async throws in
                let target = try await fixture.put("one", url)
                _ = try await fixture.server.submit()
                _ = try await fixture.server.submit()
                try await fixture.sending {
                    let store = fixture.store
                    try await until(in: store) {
                        try await store.deliveries(of: target, limit: 9).last?.attempts == 1
                    }
                    let first = try #require(try await store.deliveries(of: target, limit: 9).last)
                    #expect(first.state == .pending)
                    #expect(first.lastStatus == 503)
                    #expect(try #require(first.nextTime) >= fixture.server.time.date.addingTimeInterval(100))
                }
                fixture.server.time.pass(.seconds(86_401))
                try await fixture.sending {
                    let store = fixture.store
                    try await until(in: store) {
                        try await store.deliveries(of: target, limit: 9).allSatisfy { $0.state == .failed }
                    }
                }
                let deliveries = try await fixture.store.deliveries(of: target, limit: 9)
                #expect(deliveries.map(\.attempts) == [0, 2])
                #expect(deliveries.allSatisfy { $0.lastError?.contains("500") == true })
                #expect(receiver.seen.count == 2)
            }
        }
    }

    @Test func `S3 an address that may not be connected to is none for notifications`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver()
            try await receiver.serve { url async throws in
                _ = try await fixture.put("one", url)
                var settings = HTTPClient.Configuration()
                settings.addressPolicy = AddressPolicy()

                let delivery = try await fixture.service(HTTPClient(settings)).ping(
                    "one", in: fixture.server.registry)

                #expect(delivery.state == .failed)
                #expect(delivery.lastError?.contains("sources.allow") == true)
                #expect(receiver.seen.isEmpty)
            }
        }
    }

    @Test func `a login in the URL is sent as one, and a redirect is not followed`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver(statuses: [302])
            try await receiver.serve { url async throws in
                _ = try await fixture.put("one", url.replacing("http://", with: "http://me:hunter2@") + "/a?b=hunter2")

                let delivery = try await fixture.service().ping("one", in: fixture.server.registry)

                let pair = Data("me:hunter2".utf8).base64EncodedString()
                #expect(receiver.seen.map { $0.headers["authorization"] } == ["Basic \(pair)"])
                #expect(receiver.seen.map(\.body) == ["ping - -"])
                #expect(delivery.state == .failed)
                #expect(delivery.lastStatus == 302)
            }
        }
    }

    @Test func `a delivery is sent once more as a new one`() async throws {
        try await NotificationFixture.with { fixture async throws in
            let receiver = NotificationReceiver()
            try await receiver.serve { url async throws in
                let target = try await fixture.put("one", url)
                _ = try await fixture.server.submit()
                try await fixture.sending {
                    let first = try #require(try await delivered(to: target, 1, fixture).first)
                    let again = try await fixture.service().replay(
                        first.id, of: "one", in: fixture.server.registry, by: "me")
                    _ = try await delivered(to: target, 2, fixture)

                    #expect(receiver.seen.map(\.delivery) == [first.id, again.id])
                    #expect(Set(receiver.seen.map(\.body)).count == 1)
                    await #expect(throws: NotificationServiceError.deliveryNotFound("x", target: "one")) {
                        try await fixture.service().replay("x", of: "one", in: fixture.server.registry, by: "me")
                    }
                }
            }
        }
    }

    @Test func `http is for origins that are allowed`() async throws {
        try await NotificationFixture.with { fixture async throws in
            func put(_ url: String) async throws {
                let target = try await fixture.put("one", url)
                _ = try await fixture.service().put("one", in: fixture.server.registry, by: "me") { _, _ in target }
            }

            try await put("http://git.example.test/a")
            try await put("https://other.test/a")
            await #expect(throws: NotificationServiceError.self) { try await put("http://other.test/a") }
        }
    }

    @Test func `waits double up to an hour, with jitter`() {
        var backOff = NotificationBackOff()
        backOff.random = { 1 }

        #expect(
            [1, 2, 3, 9, 10, 1000].map { backOff.wait(after: $0, asked: nil) } == [
                .seconds(10), .seconds(20), .seconds(40), .seconds(2560), .seconds(3600), .seconds(3600),
            ])
        #expect(backOff.wait(after: 1, asked: .seconds(500)) == .seconds(510))
        backOff.random = { 0 }
        #expect(backOff.wait(after: 1, asked: nil) == .seconds(5))
    }

    /// Waits until so many deliveries to a target have arrived.
    private func delivered(to target: NotificationTarget, _ count: Int, _ fixture: NotificationFixture) async throws
        -> [NotificationDelivery]
    {
        let store = fixture.store
        try await until(in: store) {
            try await store.deliveries(of: target, limit: 99).count { $0.state == .delivered } == count
        }
        return try await store.deliveries(of: target, limit: 99)
    }

    /// Looks again after each change of targets and deliveries.
    private func until(in store: NotificationStore, isSo: () async throws -> Bool) async throws {
        for await _ in store.signals() where try await isSo() { return }
    }
}
