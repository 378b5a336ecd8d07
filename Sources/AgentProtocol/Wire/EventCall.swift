public import TaskModel

/// `PUT /agent/v1/leases/L/events/N`: a ``RunEvent``, one of the fields.
public struct EventRequest: Codable, Sendable {
    public struct Revision: Codable, Sendable {
        public var commit: String
        public var branch: String?
    }

    public struct Waiting: Codable, Sendable {
        /// Missing when the run waits no longer.
        public var reason: String?
    }

    public var began: Bool?
    public var resolved: Revision?
    public var waiting: Waiting?
    public var planned: [StepResult]?
    public var step: StepResult?
    public var vertices: BuildVertices?

    public init(_ event: RunEvent) {
        switch event {
        case .began: began = true
        case .resolved(let source): resolved = Revision(commit: source.commit, branch: source.branch)
        case .waiting(let reason): waiting = Waiting(reason: reason)
        case .planned(let steps): planned = steps
        case .step(let step): self.step = step
        case .vertices(let batch): vertices = batch
        }
    }

    /// Nil for an event that this version does not know: it is passed over.
    public var event: RunEvent? {
        if began == true { return .began }
        if let resolved { return .resolved(SourceRevision(commit: resolved.commit, branch: resolved.branch)) }
        if let waiting { return .waiting(waiting.reason) }
        if let planned { return .planned(planned) }
        if let step { return .step(step) }
        return vertices.map(RunEvent.vertices)
    }
}
