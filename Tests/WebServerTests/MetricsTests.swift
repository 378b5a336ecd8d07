import Hummingbird
import HummingbirdTesting
import TaskModel
import Testing

@testable import WebServer

struct MetricsTests {
    @Test func `metrics tell of queues and runs`() async throws {
        try await WebFixture.with { web async throws in
            let reader = try await web.login(RoleAssignment(.reader))

            let answer = try await web.call(reader, .get, "/metrics")

            #expect(answer.status == .ok)
            #expect(answer.text.contains("# TYPE slipway_queue_depth gauge\nslipway_queue_depth{pool=\"default\"} 1\n"))
            #expect(answer.text.contains("slipway_runs_queued_total{pool=\"default\"} 1\n"))
            #expect(answer.text.contains("# HELP slipway_runs_queued_total "))
        }
    }

    @Test func `nobody sees metrics without a login`() async throws {
        try await WebFixture.with { web async throws in
            #expect(try await web.call(nil, .get, "/metrics").status == .unauthorized)
        }
    }
}
