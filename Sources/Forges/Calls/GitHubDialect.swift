import CurlHTTP
import TaskModel

/// GitHub's REST API, "Repository webhooks" and "Commit statuses".
struct GitHubDialect: HubDialect {
    private static let events = ["push", "pull_request"]

    let repository: String
    let kind: [String: JSON] = ["name": "web"]
    let longestDescription = 140

    init(_ location: ForgeLocation) {
        repository = Self.repository(of: location)
    }

    let headers = [
        HTTPHeader("Accept", "application/vnd.github+json"), HTTPHeader("X-GitHub-Api-Version", "2022-11-28"),
    ]

    func login(_ token: Secret) -> HTTPHeader { Self.bearerOrBasic(token) }

    func list(from place: String?) -> ForgeRequest {
        ForgeRequest("GET", "\(repository)/hooks?per_page=100&page=\(place ?? "1")")
    }

    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)
    {
        let hooks = try answer.decode([Hook].self)
        return (
            hooks.map { hook in
                let isRight =
                    hook.active && Set(hook.events).isSuperset(of: Self.events) && hook.config.contentType == "json"
                return ListedHook(
                    id: "\(hook.id)", url: hook.config.url ?? "", condition: isRight ? .right : .wrong)
            }, Self.next(after: place, isFull: hooks.count >= 100)
        )
    }

    func settings(of hook: WantedHook) -> [String: JSON] {
        [
            "active": true, "events": .list(Self.events),
            "config": [
                "url": .text(hook.url), "content_type": "json", "secret": .text(hook.secret.value),
                "insecure_ssl": "0",
            ],
        ]
    }

    private struct Hook: Decodable {
        struct Config: Decodable {
            var url: String?
            var contentType: String?
        }

        var id: Int64
        var active: Bool
        var events: [String]
        var config: Config
    }
}
