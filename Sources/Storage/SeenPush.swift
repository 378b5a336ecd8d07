/// What a push did to a branch.
public struct SeenPush: Sendable, Hashable {
    /// In full.
    public let ref: String
    /// The commit that was there before; nil if there was no such branch.
    public let before: String?
    public let after: String

    public init(ref: String, before: String?, after: String) {
        self.ref = ref
        self.before = before
        self.after = after
    }
}
