import Forges
import TaskModel

private let names = [
    "push", "delete", "pull_request", "repo:push", "pullrequest:created", "repo:refs_changed", "pr:opened",
]
private let headers = ["x-github-event", "x-gitea-event", "x-event-key"]

/// Reads a delivery of a forge, and its text as the URL of a repository: a byte that tells the forge, one for the event, a body.
func webhookProblem(_ input: [UInt8]) -> String? {
    guard input.count >= 2 else { return nil }
    let forge = ForgeKind.allCases[Int(input[0]) % ForgeKind.allCases.count]
    let name = names[Int(input[1]) % names.count]
    let body = Array(input.dropFirst(2))
    let webhook = Webhook(headers: Dictionary(uniqueKeysWithValues: headers.map { ($0, name) }), body: body)
    if forge.webhooks.isAuthentic(webhook, secret: Secret("secret")) { return "a delivery without proof counts" }
    if let id = forge.webhooks.deliveryID(of: webhook), !id.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
        return "a delivery's id is \(id)"
    }
    let text = String(decoding: body, as: UTF8.self)
    if let location = ForgeDirectory().location(of: text), !location.api.hasPrefix("https://"),
        !location.api.hasPrefix("http://127."), !location.api.hasPrefix("http://localhost"),
        !location.api.hasPrefix("http://[::1]")
    {
        return "tokens would go to \(location.api)"
    }
    guard let events = try? forge.webhooks.events(in: webhook) else { return nil }  // refused
    return events.lazy.compactMap(problem).first
}

private func problem(with event: ForgeEvent) -> String? {
    switch event {
    case .ping: nil
    case .other(let name): isPlain(name) ? nil : "an event is named \(name)"
    case .push(let push):
        problem(withRef: push.ref)
            ?? [push.before, push.after].compactMap(\.self).compactMap(problem(withCommit:)).first
    case .pullRequest(let request):
        problem(withRef: request.ref) ?? problem(withRef: "refs/heads/" + request.targetBranch)
            ?? problem(withCommit: request.head)
            ?? (isPlain(request.title ?? "") ? nil : "a title holds a control character")
    }
}

private func problem(withRef name: String) -> String? {
    let isRef = name.hasPrefix("refs/") && isPlain(name) && !name.contains(" ") && !name.contains("..")
    return isRef ? nil : "a ref is \(name)"
}

private func problem(withCommit id: String) -> String? {
    (7...64).contains(id.utf8.count) && id.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        ? nil : "a commit is \(id)"
}

private func isPlain(_ text: String) -> Bool {
    !text.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }
}
