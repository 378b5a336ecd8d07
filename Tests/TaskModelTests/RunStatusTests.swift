import TaskModel
import Testing

struct RunStatusTests {
    @Test(arguments: [RunStatus.succeeded, .failed, .canceled, .error, .timeout])
    func `D2 a terminal status has no successor`(status: RunStatus) {
        #expect(status.isTerminal)
        #expect(status.successors.isEmpty)
    }

    @Test(arguments: [
        (RunStatus.queued, RunStatus.started, true), (.queued, .canceled, true), (.queued, .error, true),
        (.queued, .running, false),
        (.queued, .succeeded, false), (.queued, .failed, false), (.queued, .timeout, false), (.started, .queued, true),
        (.started, .running, true), (.started, .timeout, true), (.running, .started, false), (.running, .queued, true),
        (.running, .succeeded, true), (.running, .error, true),
    ])
    func `a run moves only along its picture`(from: RunStatus, to: RunStatus, isAllowed: Bool) {
        #expect(from.successors.contains(to) == isAllowed)
        #expect(RunStatus.predecessors(of: to).contains(from) == isAllowed)
    }

    @Test func `no status follows itself, and every one can end`() {
        for status in RunStatus.allCases {
            #expect(!status.successors.contains(status))
            #expect(status.isTerminal || status.successors.contains(.canceled))
            #expect(status.isTerminal || status.successors.contains(.error))
        }
    }

    @Test(arguments: [
        ("Running", RunStatus.running), ("running", .running), ("CANCELED", .canceled), ("Cancelled", nil), ("", nil),
    ])
    func `a status is read in any case`(text: String, status: RunStatus?) {
        #expect(RunStatus(anyCase: text) == status)
    }
}
