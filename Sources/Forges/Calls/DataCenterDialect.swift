import Crypto
import CurlHTTP
import TaskModel

/// The REST API of Bitbucket Data Center, "Webhooks" and "Build status".
struct DataCenterDialect: ForgeDialect {
    private static let events = ["repo:refs_changed", "pr:opened", "pr:from_ref_updated"]

    private let repository: String
    private let page: String

    init(_ location: ForgeLocation) {
        let path = "/projects/\(location.path[0].asPathSegment)/repos/\(location.path[1].asPathSegment)"
        repository = "/api/1.0" + path
        page = (location.api.hasSuffix("/rest") ? String(location.api.dropLast(5)) : location.api) + path
    }

    func login(_ token: Secret) -> HTTPHeader { Self.bearerOrBasic(token) }

    func list(from place: String?) -> ForgeRequest {
        ForgeRequest("GET", "\(repository)/webhooks?limit=100&start=\(place ?? "0")")
    }

    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)
    {
        let page = try answer.decode(Page.self, named: .asWritten)
        return (
            page.values.map { hook in
                let isRight = hook.active && Set(hook.events).isSuperset(of: Self.events)
                return ListedHook(id: "\(hook.id)", url: hook.url, condition: isRight ? .right : .wrong)
            }, page.isLastPage ?? true ? nil : page.nextPageStart.map { "\($0)" }
        )
    }

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "\(repository)/webhooks", body(hook))
    }

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("PUT", "\(repository)/webhooks/\(id.asPathSegment)", body(hook))
    }

    func remove(_ id: String) -> ForgeRequest { ForgeRequest("DELETE", "\(repository)/webhooks/\(id.asPathSegment)") }

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest {
        ForgeRequest(
            "POST", "/build-status/1.0/commits/\(commit)",
            Self.body(status, keyLimit: 255, or: "\(page)/commits/\(commit)"))
    }

    /// - Parameters:
    ///   - keyLimit: the longest key, in characters; of a longer one a part is a digest.
    ///   - commitPage: for a status without a page, as these forges want one.
    static func body(_ status: CommitStatus, keyLimit: Int, or commitPage: String) -> JSON {
        let state =
            switch status.state {
            case .pending: "INPROGRESS"
            case .success: "SUCCESSFUL"
            case .failure, .error: "FAILED"
            }
        var key = status.context
        if key.count > keyLimit {
            key = key.prefix(keyLimit - 9) + "-" + SHA256.hash(data: Array(key.utf8)).prefix(4).hexadecimal
        }
        return [
            "state": .text(state), "key": .text(key), "name": .text(status.context),
            "url": .text(status.url ?? commitPage),
            "description": status.description(upTo: 255),
        ]
    }

    private func body(_ hook: WantedHook) -> JSON {
        [
            "name": "slipway", "url": .text(hook.url), "active": true, "events": .list(Self.events),
            "configuration": ["secret": .text(hook.secret.value)], "sslVerificationRequired": true,
        ]
    }

    private struct Hook: Decodable {
        var id: Int64
        var url: String
        var active: Bool
        var events: [String]
    }

    private struct Page: Decodable {
        var values: [Hook]
        var isLastPage: Bool?
        var nextPageStart: Int64?
    }
}
