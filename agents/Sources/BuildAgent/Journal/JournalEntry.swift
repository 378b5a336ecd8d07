import AgentProtocol
import Foundation
import TaskModel

/// What happened to one run on its agent, in the order in which it did. Secrets are in none of them.
enum JournalEntry: Sendable, Codable {
    /// The first of each journal.
    case assigned(Assignment)
    /// The server knows that the run has begun.
    case began
    /// A container of a step is about to be made.
    case intent(step: String, attempt: Int, container: String)
    /// It was made, and is about to be started.
    ///
    /// - Parameter time: when, in milliseconds since the host was started.
    case started(step: String, attempt: Int, id: String, time: Int64)
    case exited(container: String, code: Int)
    /// What has become of a step.
    case step(StepResult)
    /// A file of the context, or from elsewhere, that the task was made of.
    case read(name: String, content: Data?)
    case resolved(commit: String, branch: String?)
    case pushGranted(image: String)
    case pushed(OutcomeRequest.Image)
    /// The run is to stop before its work is done: how its containers end from here on is the agent's doing.
    case stopping
    /// How the run ended; it remains to be told.
    case ended(OutcomeRequest)

    struct Assignment: Sendable, Codable {
        let run: String
        let epoch: Int
        let lease: String
        let isRepeatable: Bool
        /// In milliseconds.
        let leaseDuration: Int64
        let renewEvery: Int64
        let hold: Int64

        init(_ assignment: RunAssignment, isRepeatable: Bool) {
            run = assignment.run.text
            epoch = assignment.epoch
            lease = assignment.lease.text
            self.isRepeatable = isRepeatable
            leaseDuration = assignment.terms.duration.milliseconds
            renewEvery = assignment.terms.renewEvery.milliseconds
            hold = assignment.terms.hold.milliseconds
        }

        var terms: LeaseTerms {
            LeaseTerms(
                duration: .milliseconds(leaseDuration), renewEvery: .milliseconds(renewEvery),
                hold: .milliseconds(hold))
        }
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
