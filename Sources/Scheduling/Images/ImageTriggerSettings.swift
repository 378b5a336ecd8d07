/// How images below tasks are followed.
public struct ImageTriggerSettings: Sendable, Hashable {
    /// How often a registry is asked for an image that nothing tells of.
    public var interval: Duration
    /// The most questions to one registry that is not one of ours, in a minute.
    public var hostBudget: Int
    /// The most runs that changed images have made and that have not ended, in each pool.
    public var runs: Int
    /// How long a change waits for others that came with it.
    public var gathering: Duration

    public init(
        interval: Duration = .seconds(900), hostBudget: Int = 30, runs: Int = 10, gathering: Duration = .seconds(1)
    ) {
        self.interval = interval
        self.hostBudget = hostBudget
        self.runs = runs
        self.gathering = gathering
    }
}
