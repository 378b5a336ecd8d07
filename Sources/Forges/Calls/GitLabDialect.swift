import CurlHTTP
import TaskModel

/// GitLab's REST API, "Project webhooks" and "Commits": "Set commit pipeline status".
struct GitLabDialect: ForgeDialect {
    private let project: String

    init(_ location: ForgeLocation) {
        project = "/projects/" + location.path.joined(separator: "/").asPathSegment
    }

    func login(_ token: Secret) -> HTTPHeader { Self.bearerOrBasic(token) }

    func list(from place: String?) -> ForgeRequest {
        ForgeRequest("GET", "\(project)/hooks?per_page=100&page=\(place ?? "1")")
    }

    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)
    {
        let hooks = try answer.decode([Hook].self)
        return (
            hooks.map { hook in
                let isRight =
                    hook.pushEvents && hook.tagPushEvents ?? false && hook.mergeRequestsEvents ?? false
                    && hook.pushEventsBranchFilter ?? "" == ""
                // One that failed too often is never called again, whatever else is changed about it.
                let isDead = hook.alertStatus == "disabled"
                return ListedHook(
                    id: "\(hook.id)", url: hook.url, condition: isDead ? .dead : isRight ? .right : .wrong)
            }, Self.next(after: place, isFull: hooks.count >= 100)
        )
    }

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "\(project)/hooks", body(hook))
    }

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("PUT", "\(project)/hooks/\(id.asPathSegment)", body(hook))
    }

    func remove(_ id: String) -> ForgeRequest { ForgeRequest("DELETE", "\(project)/hooks/\(id.asPathSegment)") }

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest {
        let state =
            switch status.state {
            case .pending: "pending"
            case .success: "success"
            case .failure, .error: "failed"
            }
        return ForgeRequest(
            "POST", "\(project)/statuses/\(commit)",
            .object(
                [
                    "state": .text(state), "name": .text(status.context),
                    "description": status.description(upTo: 255),
                ].merging(status.page(as: "target_url")) { $1 }))
    }

    /// A status that is told twice is an error there.
    func isKnownAlready(status: Int, reason: String) -> Bool {
        status == 400 && reason.contains("Cannot transition status")
    }

    /// A secret in the form of a signing token is that as well; servers that don't know these yet pass over the name.
    private func body(_ hook: WantedHook) -> JSON {
        var members: [String: JSON] = [
            "url": .text(hook.url), "token": .text(hook.secret.value), "push_events": true, "tag_push_events": true,
            "merge_requests_events": true, "push_events_branch_filter": "", "enable_ssl_verification": true,
        ]
        if hook.secret.value.hasPrefix("whsec_") { members["signing_token"] = .text(hook.secret.value) }
        return .object(members)
    }

    private struct Hook: Decodable {
        var id: Int64
        var url: String
        var pushEvents: Bool
        var tagPushEvents: Bool?
        var mergeRequestsEvents: Bool?
        var pushEventsBranchFilter: String?
        var alertStatus: String?
    }
}
