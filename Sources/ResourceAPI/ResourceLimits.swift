/// What the resource API accepts at all.
public enum ResourceLimits {
    /// What a run may ask for, in seconds: up to a week. A server usually allows less.
    public static let timeoutRange = 1...604_800
}
