import CurlHTTP
import TaskModel

/// The API of Gitea and Forgejo, "repository": hooks and statuses.
struct GiteaDialect: ForgeDialect {
    /// Those of `pull_request` include new commits in it.
    private static let events = ["push", "delete", "pull_request", "pull_request_sync"]

    private let repository: String

    init(_ location: ForgeLocation) {
        repository = "/repos/" + location.path.map(\.asPathSegment).joined(separator: "/")
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

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "\(repository)/hooks", body(hook, ["type": "gitea"]))
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
                    "state": .text(status.state.rawValue), "description": status.description(upTo: 255),
                    "context": .text(status.context),
                ].merging(status.page(as: "target_url")) { $1 }))
    }

    private func body(_ hook: WantedHook, _ more: [String: JSON]) -> JSON {
        .object(
            [
                "active": true, "branch_filter": "*", "events": .list(Self.events),
                "config": [
                    "url": .text(hook.url), "content_type": "json", "secret": .text(hook.secret.value),
                ],
            ].merging(more) { $1 })
    }

    private struct Hook: Decodable {
        var id: Int64
        var active: Bool
        var events: [String]
        var branchFilter: String?
        var config: [String: String]
    }

    private struct Made: Decodable {
        var id: Int64
    }
}
