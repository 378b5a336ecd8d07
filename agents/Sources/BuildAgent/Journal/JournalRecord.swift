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
        /// When it was to be started, in milliseconds since the host was.
        var time: Int64?
        var exitCode: Int?
    }

    let assignment: JournalEntry.Assignment
    let run: RunID
    private(set) var hasBegun = false
    private(set) var isStopping = false
    private(set) var containers: [Container] = []
    /// Images for which permission to push was given.
    private(set) var granted: [String] = []
    private(set) var pushed: [OutputImage] = []
    private(set) var ending: OutcomeRequest?
    /// Those that have begun.
    private(set) var steps: [String: StepResult] = [:]
    /// What the task was made of.
    private(set) var files: [String: Data] = [:]
    private(set) var revision: SourceRevision?

    var lease: LeaseID { LeaseID(assignment.lease) }
    var attempt: RunAttempt { RunAttempt(run: run, epoch: assignment.epoch) }

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
        case .started(let step, let attempt, let id, let time):
            guard let index = containers.lastIndex(where: { $0.step == step && $0.attempt == attempt }) else { return }
            containers[index].id = id
            containers[index].time = time
        case .exited(let id, let code):
            guard let index = containers.lastIndex(where: { $0.id == id }) else { return }
            containers[index].exitCode = code
        case .step(let result): steps[result.id] = result
        case .read(let name, let content): files[name] = content
        case .resolved(let commit, let branch): revision = SourceRevision(commit: commit, branch: branch)
        case .pushGranted(let image): granted.append(image)
        case .pushed(let image):
            pushed.append(
                OutputImage(
                    registry: image.registry, repository: image.repository, tag: image.tag, digest: image.digest))
        case .stopping: isStopping = true
        case .ended(let outcome): ending = outcome
        }
    }

    /// Whether what it had begun may be gone on with: nothing but containers, as far as the journal tells.
    var isAdoptable: Bool {
        hasBegun && !isStopping && ending == nil && granted.isEmpty && !containers.isEmpty
    }

    /// The last container of a step.
    func container(of step: String) -> Container? { containers.last { $0.step == step } }
}
