public import TaskModel

/// What makes a run of a task where nobody asks for it by hand.
public struct RunCause: Sendable, Hashable {
    public let trigger: RunTrigger
    /// What happened, in a text that is the same whenever it is told: of each task it makes one run.
    public let occurrence: String
    /// The commit to take, wherever its branch leads by then.
    public let source: SourceRevision?
    /// Whether the run carries out what strangers wrote: it gets no secrets, pushes nothing and shares no cache.
    public let isRestricted: Bool

    public init(
        _ trigger: RunTrigger, occurrence: String, source: SourceRevision? = nil, isRestricted: Bool = false
    ) {
        self.trigger = trigger
        self.occurrence = occurrence
        self.source = source
        self.isRestricted = isRestricted
    }
}
