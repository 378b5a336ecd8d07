import AgentProtocol
import Foundation
import TaskModel

/// What a journal says of a run.
struct JournalRecord: Sendable {
    /// One container of a step.
    struct Container: Sendable, Hashable {
        let step: String
        let attempt: Int
        let name: String
        /// Nil if it may not have been made.
        var id: String?
        var exitCode: Int?
        /// Bytes of its output that the log has.
        var standard: Int64 = 0
        var error: Int64 = 0
    }

    let assignment: JournalEntry.Assignment
    let run: RunID
    private(set) var hasBegun = false
    private(set) var containers: [Container] = []
    /// Images for which permission to push was given.
    private(set) var granted: [String] = []
    private(set) var pushed: [OutputImage] = []
    private(set) var ending: OutcomeRequest?

    var lease: LeaseID { LeaseID(assignment.lease) }

    /// - Returns: nil for a journal without a beginning: its run was never taken on. A last line that was cut short is
    ///   left out: what it announces was not done.
    init?(_ text: some DataProtocol) {
        let entries = text.split(separator: 0x0a).compactMap {
            try? JSONDecoder().decode(JournalEntry.self, from: Data($0))  // cut short, or of a later version
        }
        guard case .assigned(let assignment) = entries.first, let run = RunID(assignment.run) else { return nil }
        self.assignment = assignment
        self.run = run
        for entry in entries.dropFirst() { take(entry) }
    }

    private mutating func take(_ entry: JournalEntry) {
        switch entry {
        case .assigned: break
        case .began: hasBegun = true
        case .intent(let step, let attempt, let name):
            containers.append(Container(step: step, attempt: attempt, name: name))
        case .started(let step, let attempt, let id): change(step, attempt) { $0.id = id }
        case .exited(let step, let attempt, let code): change(step, attempt) { $0.exitCode = code }
        case .output(let step, let attempt, let standard, let error):
            change(step, attempt) { container in
                container.standard = standard
                container.error = error
            }
        case .pushGranted(let image): granted.append(image)
        case .pushed(let image):
            pushed.append(
                OutputImage(
                    registry: image.registry, repository: image.repository, tag: image.tag, digest: image.digest))
        case .ended(let outcome): ending = outcome
        }
    }

    private mutating func change(_ step: String, _ attempt: Int, _ change: (inout Container) -> Void) {
        guard let index = containers.lastIndex(where: { $0.step == step && $0.attempt == attempt }) else { return }
        change(&containers[index])
    }
}
