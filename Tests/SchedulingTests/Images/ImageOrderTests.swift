import Foundation
import Storage
import Testing

@testable import Scheduling

struct ImageOrderTests {
    private static let since = Date(timeIntervalSince1970: 100)

    private func obstacle(
        of task: String, bases: [String: Set<String>], waiting: [String] = [],
        after: Double = 0, _ change: (inout ImageFlow) -> Void = { _ in }
    ) -> String? {
        func named(_ names: some Sequence<String>) -> Set<String> { Set(names.map { "r/" + $0 }) }
        var flow = ImageFlow()
        flow.bases = Dictionary(uniqueKeysWithValues: bases.map { ("r/" + $0, named($1)) })
        change(&flow)
        var order = ImageOrder(flow, waiting: waiting.map { TaskKey(registry: "R", task: $0) })
        return order.obstacle(of: TaskKey(registry: "R", task: task), since: Self.since, at: Self.since + after)
    }

    @Test func `a task waits for one far below that has a change`() {
        let bases: [String: Set<String>] = ["top": ["m2"], "m2": ["m1"]]

        #expect(obstacle(of: "top", bases: bases, waiting: ["top", "m1"]) == "r/m1")
        #expect(obstacle(of: "m1", bases: bases, waiting: ["top", "m1"]) == nil)
    }

    @Test func `tasks in a circle don't wait for each other's changes`() {
        let bases: [String: Set<String>] = ["a": ["b"], "b": ["a"], "c": ["a"]]

        #expect(obstacle(of: "a", bases: bases, waiting: ["a", "b", "c"]) == nil)
        #expect(obstacle(of: "c", bases: bases, waiting: ["a", "b", "c"]) == "r/a")
    }

    @Test(arguments: [(50.0, "r/m"), (150.0, nil)] as [(Double, String?)])
    func `a run below counts if it was there before the change`(time: Double, expected: String?) {
        #expect(
            obstacle(of: "top", bases: ["top": ["m"]]) { $0.busy["r/m"] = Date(timeIntervalSince1970: time) }
                == expected)
    }

    @Test func `nobody waits longer than two hours`() {
        func wait(_ time: Double) -> String? {
            obstacle(of: "top", bases: ["top": ["m"]], waiting: ["m"], after: time) { $0.busy["r/m"] = .distantPast }
        }

        #expect(wait(7199) == "r/m")
        #expect(wait(7200) == nil)
        // The clock was put back.
        #expect(wait(-7200) == nil)
    }

    @Test func `a task waits for what else is being asked for`() {
        #expect(obstacle(of: "top", bases: [:]) { $0.unsettled = ["r/top"] } == "r/top")
        #expect(obstacle(of: "top", bases: ["top": ["m"]]) { $0.unsettled = ["r/m"] } == "r/m")
    }
}
