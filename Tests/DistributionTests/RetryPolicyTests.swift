import CurlHTTP
import Testing

@testable import Distribution

struct RetryPolicyTests {
    private let clock = TestClock()

    private func policy(connectionAttempts: Int? = 3, random: Double = 1) -> RetryPolicy {
        RetryPolicy(connectionAttempts: connectionAttempts, clock: clock, random: { random })
    }

    private static let unreachable = DistributionError.unreachable(
        registry: "r", cause: .cannotConnect(origin: "https://r", reason: "refused"))

    private static func temporary(after: Duration? = nil) -> DistributionError {
        .temporary(registry: "r", status: 503, retryAfter: after)
    }

    @Test func `F10: waits double from 2 s to 60 s and end with the ten minutes`() async throws {
        await #expect(throws: Self.temporary()) { try await policy().run { throw Self.temporary() } }

        #expect(
            clock.slept.prefix(6) == [.seconds(2), .seconds(4), .seconds(8), .seconds(16), .seconds(32), .seconds(60)])
        #expect(clock.slept.allSatisfy { $0 <= .seconds(60) })
        #expect(clock.slept.reduce(.zero, +) == .seconds(600))
    }

    @Test func `F10: jitter takes up to half of a wait away`() async throws {
        await #expect(throws: Self.temporary()) { try await policy(random: 0).run { throw Self.temporary() } }

        #expect(clock.slept.prefix(3) == [.seconds(1), .seconds(2), .seconds(4)])
    }

    @Test func `F10: Retry-After is waited for, and never shortened`() async throws {
        var attempts = 0
        let result = try await policy(random: 0).run {
            attempts += 1
            if attempts == 1 { throw Self.temporary(after: .seconds(7)) }
            return attempts
        }

        #expect(result == 2)
        #expect(clock.slept == [.seconds(7)])
    }

    @Test func `F10: a Retry-After beyond the ten minutes ends the trying at once`() async throws {
        await #expect(throws: Self.temporary(after: .seconds(3600))) {
            try await policy().run { throw Self.temporary(after: .seconds(3600)) }
        }

        #expect(clock.slept.isEmpty)
    }

    @Test func `F10: a registry that can't be connected to is given three attempts`() async throws {
        var attempts = 0
        await #expect(throws: Self.unreachable) {
            try await policy().run {
                attempts += 1
                throw Self.unreachable
            }
        }

        #expect(attempts == 3)
        #expect(clock.slept == [.milliseconds(250), .milliseconds(500)])
    }

    @Test func `F10: without a bound on attempts it is given the ten minutes`() async throws {
        await #expect(throws: Self.unreachable) {
            try await policy(connectionAttempts: nil).run { throw Self.unreachable }
        }

        #expect(clock.slept.reduce(.zero, +) == .seconds(600))
    }

    @Test(arguments: [
        DistributionError.unauthorized(registry: "r", username: nil, reason: ""),
        .denied(registry: "r", username: "u", reason: ""),
        .notFound(name: "r/a:b", reason: ""),
        .rejected(registry: "r", status: 413, reason: ""),
        .wrongDigest(name: "r/a:b", expected: "x", actual: "y"),
    ])
    func `F10: what trying again won't change is not tried again`(error: DistributionError) async throws {
        await #expect(throws: error) { try await policy().run { throw error } }

        #expect(clock.slept.isEmpty)
    }

    @Test func `errors of other clients are sorted by the caller`() async throws {
        struct PushFailure: Error {}
        var attempts: [Int] = []
        await #expect(throws: PushFailure.self) {
            try await policy().run(
                verdict: { _ in .noConnection }, willWait: { _, attempt, _ in attempts.append(attempt) }
            ) {
                throw PushFailure()
            }
        }

        #expect(attempts == [1, 2])
    }
}
