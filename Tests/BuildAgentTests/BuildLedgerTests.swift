import TaskModel
import Testing

@testable import BuildAgent

struct BuildLedgerTests {
    private let lane = BuildLedger.Lane(step: "build", platform: nil)

    private func vertex(_ position: Int, _ status: BuildVertex.Status = .running) -> BuildVertex {
        BuildVertex(position: position, name: "v\(position)", status: status)
    }

    @Test func `what has changed until it is asked for is told at once`() {
        var ledger = BuildLedger()
        ledger.begin(lane)
        ledger.note([vertex(0), vertex(1)], of: lane)
        ledger.note([vertex(0, .cached)], of: lane)

        let first = ledger.takeNews()
        ledger.note([vertex(1, .successful)], of: lane)
        let second = ledger.takeNews()

        #expect(first == [BuildVertices(step: "build", attempt: 1, vertices: [vertex(0, .cached), vertex(1)])])
        #expect(second.map(\.vertices) == [[vertex(1, .successful)]])
        #expect(ledger.takeNews().isEmpty)
    }

    @Test func `what still runs at the end was interrupted`() {
        var ledger = BuildLedger()
        ledger.begin(lane)
        ledger.note([vertex(0), vertex(1, .waiting), vertex(2, .failed)], of: lane)

        ledger.end(lane)

        #expect(ledger.all.first?.vertices.map(\.status) == [.interrupted, .skipped, .failed])
    }

    @Test func `another build of the step makes the last one forgotten`() {
        var ledger = BuildLedger()
        ledger.begin(lane)
        ledger.note([vertex(0), vertex(1)], of: lane)
        ledger.begin(lane)
        ledger.note([vertex(0, .cached)], of: lane)

        #expect(ledger.all == [BuildVertices(step: "build", attempt: 2, vertices: [vertex(0, .cached)])])
    }

    @Test func `of a run only so many vertexes are kept, and the others counted`() {
        var ledger = BuildLedger()
        let other = BuildLedger.Lane(step: "other", platform: nil)
        ledger.begin(lane)
        ledger.begin(other)
        ledger.note((0..<BuildVertex.mostPerRun - 1).map { vertex($0) }, of: lane)
        for _ in 0..<2 { ledger.note([vertex(0), vertex(1), vertex(2)], of: other) }

        let all = ledger.all

        #expect(all.map(\.vertices.count) == [BuildVertex.mostPerRun - 1, 1])
        #expect(all.map(\.omitted) == [0, 2])
    }
}
