import CurlHTTP
import TaskModel

/// GitHub's REST API, "Repository webhooks" and "Commit statuses".
struct GitHubDialect: ForgeDialect {
    private static let events = ["push", "pull_request"]

    private let repository: String

    init(_ location: ForgeLocation) {
        repository = "/repos/" + location.path.map(\.asPathSegment).joined(separator: "/")
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

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "\(repository)/hooks", body(hook, ["name": "web"]))
    }

    func id(in answer: ForgeAnswer) throws(ForgeError) -> String { "\(try answer.decode(Made.self).id)" }

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("PATCH", "\(repository)/hooks/\(id.asPathSegment)", body(hook, [:]))
    }

    func remove(_ id: String) -> ForgeRequest { ForgeRequest("DELETE", "\(repository)/hooks/\(id.asPathSegment)") }

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest {
        ForgeRequest(
            "POST", "\(repository)/statuses/\(commit)",
            .object(
                [
                    "state": .text(status.state.rawValue), "description": status.description(upTo: 140),
                    "context": .text(status.context),
                ].merging(status.page(as: "target_url")) { $1 }))
    }

    private func body(_ hook: WantedHook, _ more: [String: JSON]) -> JSON {
        .object(
            [
                "active": true, "events": .list(Self.events),
                "config": [
                    "url": .text(hook.url), "content_type": "json", "secret": .text(hook.secret.value),
                    "insecure_ssl": "0",
                ],
            ].merging(more) { $1 })
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

    private struct Made: Decodable {
        var id: Int64
    }
}
