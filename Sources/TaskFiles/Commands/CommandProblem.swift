/// Why a command can't be carried out, without the place.
enum CommandProblem: Error, Equatable {
    case syntax(String)
    case unsupported(String)
    /// Only a shell can carry it out; says what in it.
    case needsShell(String)
}

extension TaskFileError {
    init(_ problem: CommandProblem, _ what: String, of step: TaskGraph.Step) {
        switch problem {
        case .syntax(let reason):
            self.init(.commandSyntax, at: step.place, "\(what) of the step '\(step.id)' can't be read: \(reason).")
        case .unsupported(let thing), .needsShell(let thing):
            self.init(
                .commandUnsupported, at: step.place,
                "\(what) of the step '\(step.id)' has something that is not supported here: \(thing).")
        }
    }

    /// A policy does not give what a step needs.
    init(_ need: StepNeed, _ what: String, of step: TaskGraph.Step) {
        self.init(
            .policyDenied, at: step.place, "\(what) of the step '\(step.id)' is refused: \(need.refusal).")
    }
}
