import CurlHTTP
import TaskModel

/// The REST API of Bitbucket Cloud, "Webhooks" and "Commit statuses".
struct BitbucketDialect: ForgeDialect {
    private static let events = ["repo:push", "pullrequest:created", "pullrequest:updated"]

    private let repository: String
    private let page: String

    init(_ location: ForgeLocation) {
        let path = location.path.map(\.asPathSegment).joined(separator: "/")
        repository = "/repositories/" + path
        page = "https://\(location.repository.host)/\(path)"
    }

    func login(_ token: Secret) -> HTTPHeader { Self.bearerOrBasic(token) }

    func list(from place: String?) -> ForgeRequest {
        ForgeRequest("GET", "\(repository)/hooks?pagelen=100&page=\(place ?? "1")")
    }

    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)
    {
        let page = try answer.decode(Page.self)
        return (
            page.values.map { hook in
                let isRight = hook.active && Set(hook.events).isSuperset(of: Self.events) && hook.secretSet ?? true
                return ListedHook(id: hook.uuid, url: hook.url, condition: isRight ? .right : .wrong)
            }, Self.next(after: place, isFull: page.next != nil)
        )
    }

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "\(repository)/hooks", body(hook))
    }

    func id(in answer: ForgeAnswer) throws(ForgeError) -> String { try answer.decode(Made.self).uuid }

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("PUT", "\(repository)/hooks/\(id.asPathSegment)", body(hook))
    }

    func remove(_ id: String) -> ForgeRequest { ForgeRequest("DELETE", "\(repository)/hooks/\(id.asPathSegment)") }

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest {
        ForgeRequest(
            "POST", "\(repository)/commit/\(commit)/statuses/build",
            DataCenterDialect.body(status, keyLimit: 40, or: "\(page)/commits/\(commit)"))
    }

    private func body(_ hook: WantedHook) -> JSON {
        [
            "description": "slipway", "url": .text(hook.url), "active": true, "secret": .text(hook.secret.value),
            "events": .list(Self.events),
        ]
    }

    private struct Hook: Decodable {
        var uuid: String
        var url: String
        var active: Bool
        var events: [String]
        var secretSet: Bool?
    }

    private struct Page: Decodable {
        var values: [Hook]
        var next: String?
    }

    private struct Made: Decodable {
        var uuid: String
    }
}
