import Foundation
import Synchronization
public import TaskModel

/// A forge that keeps hooks and takes commit statuses, on loopback, and does as its kind's public documentation says.
///
/// For what must happen on cue: a token that is refused, a forge that is not there.
public final class ForgeStub: Sendable {
    /// A request that came, its body in JSON with sorted keys.
    public struct Exchange: Sendable, Hashable {
        /// As in `POST /api/v3/repos/a/b/hooks`.
        public let line: String
        public let authorization: String?
        public let body: String

        public init(line: String, authorization: String?, body: String) {
            self.line = line
            self.authorization = authorization
            self.body = body
        }
    }

    public struct Refusal: Sendable {
        public let status: Int
        public let headers: [(String, String)]
        public let body: String

        public init(_ status: Int, _ headers: [(String, String)] = [], body: String = #"{"message":"no"}"#) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    private struct State {
        var nextID = 1
        var hooks: [(id: String, members: [String: Any])] = []
        var exchanges: [Exchange] = []
        var refusal: Refusal?
    }

    public let kind: ForgeKind
    private let state = Mutex(State())
    private let server: Mutex<LoopbackServer?> = Mutex(nil)

    private init(_ kind: ForgeKind) {
        self.kind = kind
    }

    /// Runs `use` with a forge that is gone afterwards.
    public static func with(_ kind: ForgeKind, use: (ForgeStub) async throws -> Void) async throws {
        let stub = ForgeStub(kind)
        let server = try LoopbackServer { [weak stub] request, connection in
            let body = try connection.readBody(of: request)
            guard let answer = stub?.answer(request, body) else { return connection.hangUp() }
            try connection.answer(answer.status, headers: answer.headers, body: answer.body)
        }
        defer { server.stop() }
        stub.server.withLock { $0 = server }
        try await use(stub)
    }

    /// `127.0.0.1:PORT`
    public var host: String { "127.0.0.1:\(server.withLock { $0?.port ?? 0 })" }

    public var exchanges: [Exchange] { state.withLock(\.exchanges) }

    /// The bodies of statuses, in order.
    public var statuses: [String] {
        exchanges.filter { $0.line.hasPrefix("POST") && $0.line.contains("status") }.map(\.body)
    }

    /// The URLs of the hooks that there are.
    public var hookURLs: [String] {
        state.withLock { $0.hooks.compactMap { Self.url(of: $0.members) } }
    }

    /// With this all requests are answered, until it is nil again.
    public func refuse(_ refusal: Refusal?) { state.withLock { $0.refusal = refusal } }

    /// Somebody removes all hooks but the first so many.
    public func forgetHooks(but count: Int = 0) { state.withLock { $0.hooks = Array($0.hooks.prefix(count)) } }

    /// Somebody changes all hooks.
    public func changeHooks(_ name: String, to value: Bool) {
        state.withLock { state in
            for index in state.hooks.indices { state.hooks[index].members[name] = value }
        }
    }

    private static func url(of members: [String: Any]) -> String? {
        let place = (members["config"] ?? members["consumerInputs"]) as? [String: Any] ?? members
        return place["url"] as? String
    }

    private func answer(_ request: LoopbackRequest, _ body: [UInt8]) -> Refusal {
        state.withLock { state in
            let members = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
            state.exchanges.append(
                Exchange(
                    line: "\(request.method) \(request.target)", authorization: request["Authorization"],
                    body: body.isEmpty ? "" : Self.json(members)))
            if let refusal = state.refusal { return refusal }
            if request.path.contains("/_apis/git/repositories/"), request.method == "GET" {
                return Refusal(200, body: #"{"id":"R-1","name":"b","project":{"id":"P-1","name":"a"}}"#)
            }
            let parts = request.path.split(separator: "/").map(String.init)
            guard let mark = parts.firstIndex(where: { ["hooks", "webhooks", "subscriptions"].contains($0) }) else {
                return Refusal(201, body: "{}")
            }
            let isAzure = kind == .azureRepos
            let id = parts.dropFirst(isAzure ? mark + 2 : mark + 1).first?.removingPercentEncoding
            let isLater = request.target.contains("&page=") && !request.target.hasSuffix("&page=1")
            return answer(request.method, id, members, isLater: isLater, &state)
        }
    }

    /// - Parameter isLater: whether a page after the first is asked for; all hooks are on that one.
    private func answer(
        _ method: String, _ id: String?, _ members: [String: Any], isLater: Bool, _ state: inout State
    ) -> Refusal {
        let place = id.flatMap { id in state.hooks.firstIndex { $0.id == id } }
        switch (method, id) {
        case ("GET", nil): return Refusal(200, body: list(isLater ? [] : state.hooks.map(\.members)))
        case ("POST", nil):
            let isText = kind == .bitbucket || kind == .azureRepos
            let id = isText ? "{h-\(state.nextID)}" : "\(state.nextID)"
            var hook = members
            hook[kind == .bitbucket ? "uuid" : "id"] = isText ? id : state.nextID
            if kind == .azureRepos { hook["status"] = "enabled" }
            state.nextID += 1
            state.hooks.append((id, hook))
            return Refusal(201, body: Self.json(hook))
        case ("PATCH", _), ("PUT", _):
            guard let place else { return Refusal(404) }
            state.hooks[place].members.merge(members) { $1 }
            return Refusal(200, body: Self.json(state.hooks[place].members))
        case ("DELETE", _):
            guard let place else { return Refusal(404) }
            state.hooks.remove(at: place)
            return Refusal(204, body: "")
        default: return Refusal(405)
        }
    }

    private func list(_ hooks: [[String: Any]]) -> String {
        switch kind {
        case .gitHub, .gitLab, .gitea: Self.json(hooks)
        case .azureRepos: Self.json(["count": hooks.count, "value": hooks])
        case .bitbucket: Self.json(["values": hooks])
        case .bitbucketDataCenter: Self.json(["values": hooks, "isLastPage": true])
        }
    }

    private static func json(_ value: Any) -> String {
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
