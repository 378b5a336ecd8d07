/// How a commit does, as a forge shows it beside the commit.
public struct CommitStatus: Sendable, Hashable {
    public enum State: String, Sendable, Hashable, CaseIterable {
        case pending
        case success
        case failure
        /// It could not be found out.
        case error
    }

    public var state: State
    /// What the status is of: a later one of that name takes its place.
    public var context: String
    /// For people; cut where the forge takes less.
    public var description: String
    /// A page with more, where there is one that people can open.
    public var url: String?

    public init(state: State, context: String, description: String, url: String?) {
        self.state = state
        self.context = context
        self.description = description
        self.url = url
    }

    /// What a forge that needs no page is told of it.
    func page(as name: String) -> [String: JSON] { url.map { [name: .text($0)] } ?? [:] }

    func description(upTo limit: Int) -> JSON {
        .text(description.count > limit ? description.prefix(limit - 1) + "…" : description)
    }
}
