import Crypto
import Foundation
import TaskModel

@testable import Forges

/// A delivery that a test makes of a file in `Payloads`.
struct Payload: CustomStringConvertible, Sendable {
    static let secret = Secret("whsec_" + Data(repeating: 7, count: 32).base64EncodedString())

    let forge: ForgeKind
    let file: String
    var event: String?

    var description: String { "\(forge.rawValue)/\(file)" }

    func body() throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appending(path: "Payloads/\(forge.rawValue)/\(file).json")))
    }

    func webhook(_ more: [String: String] = [:]) throws -> Webhook {
        Self.webhook(forge, event: event, body: try body(), more)
    }

    /// As the forge sends it, with its proof.
    static func webhook(
        _ forge: ForgeKind, event: String? = nil, body: [UInt8], secret: Secret = secret, _ more: [String: String] = [:]
    ) -> Webhook {
        let code = HMAC<SHA256>.authenticationCode(
            for: body, using: SymmetricKey(data: Array(secret.value.utf8))
        ).hexadecimal
        var headers = ["content-type": "application/json"]
        switch forge {
        case .gitHub: headers["x-hub-signature-256"] = "sha256=" + code
        case .gitLab: headers["x-gitlab-token"] = secret.value
        case .gitea: headers["x-gitea-signature"] = code
        case .azureRepos:
            headers["authorization"] = "Basic " + Data("slipway:\(secret.value)".utf8).base64EncodedString()
        case .bitbucket, .bitbucketDataCenter: headers["x-hub-signature"] = "sha256=" + code
        }
        switch forge {
        case .gitHub: headers["x-github-event"] = event
        case .gitea: headers["x-gitea-event"] = event
        case .bitbucket, .bitbucketDataCenter: headers["x-event-key"] = event
        case .gitLab, .azureRepos: break
        }
        return Webhook(headers: headers.merging(more) { $1 }, body: body)
    }
}

extension ForgeEvent {
    /// In a line: `push main a1→b2 "title"`, `pr 7 opened b2 refs/pull/7/head for main a1`.
    var outline: String {
        switch self {
        case .ping: "ping"
        case .push(let push):
            "push \(push.ref) \(brief(push.before))→\(brief(push.after))"
                + (push.message.map { " \"\($0.prefix { $0 != "\n" })\"" } ?? "")
        case .pullRequest(let request):
            "pr \(request.number) \(request.action.outline) \(brief(request.head)) \(request.ref) for "
                + "\(request.targetBranch) \(brief(request.base))" + (request.isFork ? " fork" : "")
        case .other(let name): "other \(name)"
        }
    }

    var repository: ForgeRepository? {
        switch self {
        case .push(let push): push.repository
        case .pullRequest(let request): request.repository
        case .ping, .other: nil
        }
    }

    private func brief(_ commit: String?) -> String { commit.map { String($0.prefix(2)) } ?? "-" }
}

extension PullRequestEvent.Action {
    fileprivate var outline: String {
        switch self {
        case .opened: "opened"
        case .synchronized: "synchronized"
        case .reopened: "reopened"
        case .other(let name): "(\(name))"
        }
    }
}
