import HTTPTypes
import Hummingbird
import HummingbirdTesting
import TaskModel
import Testing

@testable import WebServer

struct RateLimitTests {
    @Test func `S22 a caller has a burst, then so many a second, and others have their own`() {
        let time = TestTime()
        let limit = RateLimit(perSecond: 2, burst: 3, now: { time.uptime })

        #expect((0..<3).allSatisfy { _ in limit.take("a") == nil })
        #expect(limit.take("a") == 1)
        #expect(limit.take("b") == nil)
        time.advance(1)
        #expect(limit.take("a") == nil)
        #expect(limit.take("a") == nil)
        #expect(limit.take("a") == 1)
        time.advance(3600)
        #expect((0..<4).map { _ in limit.take("a") } == [nil, nil, nil, 1])
    }

    @Test func `the time to wait is told in whole seconds`() {
        let time = TestTime()
        let limit = RateLimit(perSecond: 20.0 / 60, burst: 1, now: { time.uptime })

        #expect(limit.wait("a") == nil)
        #expect(limit.take("a") == nil)
        #expect(limit.wait("a") == 3)
        time.advance(2)
        #expect(limit.wait("a") == 1)
    }

    @Test func `memory is bounded, and a caller who keeps coming is not forgotten`() {
        let limit = RateLimit(perSecond: 1, burst: 1, capacity: 10, now: { .zero })
        #expect(limit.take("busy") == nil)

        for number in 0..<1000 {
            #expect(limit.take("\(number)") == nil)
            #expect(limit.take("busy") == 1)
            #expect(limit.count <= 20)
        }
    }

    @Test func `S22 from an address with too many failures no login is looked at`() {
        let time = TestTime()
        let failures = FailedLogins(perMinute: 2, now: { time.uptime })

        #expect(failures.note(clientID: "a", address: "192.0.2.1") == nil)
        #expect(failures.note(clientID: "b", address: "192.0.2.1") == nil)
        #expect(failures.wait("192.0.2.1") == 30)
        #expect(failures.wait("192.0.2.2") == nil)
        #expect(failures.wait(nil) == nil)
        #expect(failures.note(clientID: "A", address: "192.0.2.2") == nil)
        #expect(failures.note(clientID: "a", address: "192.0.2.3") == 30)
        time.advance(30)
        #expect(failures.wait("192.0.2.1") == nil)
    }

    @Test func `S22 management calls of a principal are counted, and nothing else`() async throws {
        try await WebFixture.with(limits: RequestLimits(requestsPerSecond: 1, requestBurst: 5)) { web async throws in
            let busy = try await web.login(RoleAssignment(.reader))
            let log = try web.links.sign(.log(registry: "local01"), name: "ca1.log", server: "")
            for _ in 0..<5 { #expect(try await web.call(busy, .get, "/subscriptions").status == .ok) }

            let refused = try await web.call(busy, .get, WebFixture.scope + "local01/runs")

            #expect(refused.status == .tooManyRequests)
            #expect(refused.code == "TooManyRequests")
            #expect(refused.headers[.retryAfter] == "1")
            let other = try await web.login(RoleAssignment(.reader))
            #expect(try await web.call(other, .get, "/subscriptions").status == .ok)
            for _ in 0..<20 {
                #expect(try await web.call(nil, .head, log).status == .ok)
                #expect(try await web.call(busy, .get, "/healthz").status == .ok)
            }
            web.time.advance(1)
            #expect(try await web.call(busy, .get, "/subscriptions").status == .ok)
        }
    }
}
