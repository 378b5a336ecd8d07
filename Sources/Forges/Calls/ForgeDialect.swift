import CurlHTTP
import TaskModel

/// How one kind of forge is asked for hooks and told statuses. Requests and answers are as its public documentation says.
protocol ForgeDialect: Sendable {
    /// What the token goes into.
    func login(_ token: Secret) -> HTTPHeader

    /// Headers that every request has.
    var headers: [HTTPHeader] { get }

    /// The names of the hooks that one of ours is made of; most forges need one.
    var parts: [String] { get }

    /// - Parameter place: nil for the beginning, else what ``hooks(in:)`` gave.
    func list(from place: String?) -> ForgeRequest

    /// The hooks of an answer to ``list(from:)``, and where the list goes on.
    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)

    func create(_ hook: WantedHook, part: String) -> ForgeRequest

    /// The id in the answer to ``create(_:part:)``.
    func id(in answer: ForgeAnswer) throws(ForgeError) -> String

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest

    func remove(_ id: String) -> ForgeRequest

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest

    /// Whether a refusal of a status only says that the forge knows it already.
    func isKnownAlready(status: Int, reason: String) -> Bool

    /// Asked first, where more must be known of the repository: nil elsewhere.
    var question: ForgeRequest? { get }

    func knowing(_ answer: ForgeAnswer) throws(ForgeError) -> Self
}

extension ForgeDialect {
    var headers: [HTTPHeader] { [] }
    var parts: [String] { [""] }
    var question: ForgeRequest? { nil }

    func knowing(_ answer: ForgeAnswer) throws(ForgeError) -> Self { self }

    /// A number, as most forges give.
    func id(in answer: ForgeAnswer) throws(ForgeError) -> String { "\(try answer.decode(NumberedHook.self).id)" }

    func isKnownAlready(status: Int, reason: String) -> Bool { false }

    /// A token as OAuth has it; one that holds its user as well (`user:password`) as HTTP Basic.
    static func bearerOrBasic(_ token: Secret) -> HTTPHeader {
        let parts = token.value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return HTTPHeader("Authorization", "Bearer \(token.value)") }
        return .basicLogin(parts[0], password: parts[1])
    }

    /// The number of the page after one that was full.
    static func next(after place: String?, isFull: Bool) -> String? {
        isFull ? "\((place.flatMap { Int($0) } ?? 1) + 1)" : nil
    }
}

private struct NumberedHook: Decodable {
    var id: Int64
}

extension ForgeLocation {
    var dialect: any ForgeDialect {
        switch kind {
        case .gitHub: GitHubDialect(self)
        case .gitLab: GitLabDialect(self)
        case .gitea: GiteaDialect(self)
        case .azureRepos: AzureDialect(self)
        case .bitbucket: BitbucketDialect(self)
        case .bitbucketDataCenter: DataCenterDialect(self)
        }
    }
}
