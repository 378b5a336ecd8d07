import CurlHTTP
import TaskModel

/// The API of Gitea and Forgejo, "repository": hooks and statuses.
struct GiteaDialect: HubDialect {
    /// Those of `pull_request` include new commits in it.
    private static let events = ["push", "delete", "pull_request", "pull_request_sync"]

    let repository: String
    let kind: [String: JSON] = ["type": "gitea"]
    let longestDescription = 255

    init(_ location: ForgeLocation) {
        repository = Self.repository(of: location)
    }

    /// Every version takes this form.
    func login(_ token: Secret) -> HTTPHeader {
        token.value.contains(":")
            ? Self.bearerOrBasic(token) : HTTPHeader("Authorization", "token \(token.value)")
    }

    func list(from place: String?) -> ForgeRequest {
        ForgeRequest("GET", "\(repository)/hooks?limit=50&page=\(place ?? "1")")
    }

    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)
    {
        let hooks = try answer.decode([Hook].self)
        return (
            hooks.map { hook in
                let isRight =
                    hook.active && Set(hook.events).isSuperset(of: ["push", "pull_request"])
                    && ["", "*"].contains(hook.branchFilter ?? "")
                return ListedHook(id: "\(hook.id)", url: hook.config["url"] ?? "", condition: isRight ? .right : .wrong)
                // Servers may give fewer on a page than they are asked for.
            }, Self.next(after: place, isFull: !hooks.isEmpty)
        )
    }

    func settings(of hook: WantedHook) -> [String: JSON] {
        [
            "active": true, "branch_filter": "*", "events": .list(Self.events),
            "config": [
                "url": .text(hook.url), "content_type": "json", "secret": .text(hook.secret.value),
            ],
        ]
    }

    private struct Hook: Decodable {
        var id: Int64
        var active: Bool
        var events: [String]
        var branchFilter: String?
        var config: [String: String]
    }
}
