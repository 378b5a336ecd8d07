import AgentProtocol
import Hummingbird
import Scheduling
import Synchronization

/// Sees that an assignment is written to its agent. If the answer is dropped before it was, the run is taken back: its body may have
/// failed, or never have begun because its head could not be written.
final class AssignmentDelivery: Sendable {
    private let assignment: RunAssignment
    private let broker: any AgentBroker
    private let isWritten = Atomic(false)

    init(_ assignment: RunAssignment, by broker: any AgentBroker) {
        self.assignment = assignment
        self.broker = broker
    }

    deinit {
        guard !isWritten.load(ordering: .acquiring) else { return }
        Task { [broker, assignment] in await broker.takeBack(assignment) }
    }

    /// The body of the answer, which keeps this alive.
    func body(_ whole: ResponseBody) -> ResponseBody {
        ResponseBody(contentLength: whole.contentLength) { [self] writer in
            try await whole.write(writer)
            isWritten.store(true, ordering: .releasing)
        }
    }
}
