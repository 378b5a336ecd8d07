public import Foundation
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
    /// Nil for what makes its run whatever else has happened.
    public let place: Place?

    /// Where an occurrence stands among those of which the last one is to be built last, as commits of one branch.
    public struct Place: Sendable, Hashable {
        /// The same for all of them.
        public let name: String
        /// When it was told: once a later one has had its run, this makes none.
        public let time: Date

        public init(_ name: String, time: Date) {
            self.name = name
            self.time = time
        }
    }

    public init(
        _ trigger: RunTrigger, occurrence: String, source: SourceRevision? = nil, isRestricted: Bool = false,
        place: Place? = nil
    ) {
        self.trigger = trigger
        self.occurrence = occurrence
        self.source = source
        self.isRestricted = isRestricted
        self.place = place
    }
}
