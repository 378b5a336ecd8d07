import CurlHTTP
import TaskModel

/// The REST API of Azure DevOps, "Service Hooks: Subscriptions" and "Git: Statuses". A subscription has one event, so a hook is made of three.
struct AzureDialect: ForgeDialect {
    private static let version = "api-version=6.0"
    private static let pushes = "git.pullrequest.updated"

    private let project: String
    private let name: String
    /// Ids by which subscriptions name them: known once asked for.
    private var ids = Ids(id: "", project: Ids.Project(id: ""))

    init(_ location: ForgeLocation) {
        project = location.path[0].asPathSegment
        name = location.path[1].asPathSegment
    }

    let parts = ["git.push", "git.pullrequest.created", pushes]

    /// A personal token is the password of any user; one of the directory's is a JWT.
    func login(_ token: Secret) -> HTTPHeader {
        if token.value.hasPrefix("eyJ"), token.value.split(separator: ".").count == 3 || token.value.contains(":") {
            return Self.bearerOrBasic(token)
        }
        return token.value.contains(":") ? Self.bearerOrBasic(token) : .basicLogin("", password: token.value)
    }

    var question: ForgeRequest? { ForgeRequest("GET", "/\(project)/_apis/git/repositories/\(name)?\(Self.version)") }

    func knowing(_ answer: ForgeAnswer) throws(ForgeError) -> AzureDialect {
        var known = self
        known.ids = try answer.decode(Ids.self, named: .asWritten)
        return known
    }

    func list(from place: String?) -> ForgeRequest {
        ForgeRequest("GET", "/_apis/hooks/subscriptions?publisherId=tfs&consumerId=webHooks&\(Self.version)")
    }

    func hooks(in answer: ForgeAnswer, after place: String?) throws(ForgeError) -> (hooks: [ListedHook], next: String?)
    {
        let list = try answer.decode(List.self, named: .asWritten).value
        return (
            list.map { subscription in
                let inputs = subscription.publisherInputs ?? [:]
                let isRight =
                    subscription.status == "enabled"
                    && (inputs["repository"] ?? nil)?.lowercased() == ids.id.lowercased()
                    && ((inputs["branch"] ?? nil) ?? "").isEmpty
                    && (subscription.eventType != Self.pushes || inputs["notificationType"] == "PushNotification")
                return ListedHook(
                    id: subscription.id, url: (subscription.consumerInputs?["url"] ?? nil) ?? "",
                    part: subscription.eventType, condition: isRight ? .right : .wrong)
            }, nil
        )
    }

    func create(_ hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("POST", "/_apis/hooks/subscriptions?\(Self.version)", body(hook, part))
    }

    func id(in answer: ForgeAnswer) throws(ForgeError) -> String {
        try answer.decode(Subscription.self, named: .asWritten).id
    }

    func update(_ id: String, to hook: WantedHook, part: String) -> ForgeRequest {
        ForgeRequest("PUT", "/_apis/hooks/subscriptions/\(id.asPathSegment)?\(Self.version)", body(hook, part))
    }

    func remove(_ id: String) -> ForgeRequest {
        ForgeRequest("DELETE", "/_apis/hooks/subscriptions/\(id.asPathSegment)?\(Self.version)")
    }

    func report(_ status: CommitStatus, on commit: String) -> ForgeRequest {
        let state =
            switch status.state {
            case .pending: "pending"
            case .success: "succeeded"
            case .failure: "failed"
            case .error: "error"
            }
        let parts = status.context.split(separator: "/", maxSplits: 1).map(String.init)
        return ForgeRequest(
            "POST", "/\(project)/_apis/git/repositories/\(name)/commits/\(commit)/statuses?\(Self.version)",
            .object(
                [
                    "state": .text(state), "description": status.description(upTo: 255),
                    "context": ["genre": .text(parts.first ?? ""), "name": .text(parts.last ?? "")],
                ].merging(status.page(as: "targetUrl")) { $1 }))
    }

    private func body(_ hook: WantedHook, _ part: String) -> JSON {
        var inputs: [String: JSON] = [
            "projectId": .text(ids.project.id), "repository": .text(ids.id), "branch": "",
        ]
        var target: [String: JSON] = [
            "url": .text(hook.url), "basicAuthUsername": "slipway", "basicAuthPassword": .text(hook.secret.value),
            "resourceDetailsToSend": "all", "messagesToSend": "text", "detailedMessagesToSend": "none",
        ]
        if part == Self.pushes {
            inputs["notificationType"] = "PushNotification"
            target["httpHeaders"] = .text("\(AzureWebhooks.mark.header):\(AzureWebhooks.mark.pushes)")
        }
        return [
            "publisherId": "tfs", "eventType": .text(part), "resourceVersion": "1.0", "consumerId": "webHooks",
            "consumerActionId": "httpRequest", "publisherInputs": .object(inputs), "consumerInputs": .object(target),
        ]
    }

    private struct Ids: Decodable {
        struct Project: Decodable {
            var id: String
        }

        var id: String
        var project: Project
    }

    private struct List: Decodable {
        var value: [Subscription]
    }

    private struct Subscription: Decodable {
        var id: String
        var eventType: String
        var status: String?
        var publisherInputs: [String: String?]?
        var consumerInputs: [String: String?]?
    }
}
