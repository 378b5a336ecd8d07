public import TaskModel

/// A hook as it should be at a forge.
public struct WantedHook: Sendable, Hashable {
    /// Where deliveries go. By it the hook is known again.
    public var url: String
    public var secret: Secret

    public init(url: String, secret: Secret) {
        self.url = url
        self.secret = secret
    }
}

/// A hook as a forge lists it.
struct ListedHook {
    enum Condition {
        case right
        /// It tells other events, rests, or is otherwise not as it should be.
        case wrong
        /// The forge has given it up: only a new one works.
        case dead
    }

    let id: String
    let url: String
    /// Which of the parts of a hook it is: see ``ForgeDialect/parts``.
    var part = ""
    let condition: Condition
}
