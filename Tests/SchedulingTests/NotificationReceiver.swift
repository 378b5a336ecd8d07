import Crypto
import CurlHTTP
import Foundation
import Storage
import TaskModel
import TestSupport

@testable import Scheduling

/// What is told how runs go: an HTTP server that answers as a test says.
final class NotificationReceiver: @unchecked Sendable {
    struct Call: Sendable {
        let headers: [String: String]
        let body: String

        var delivery: String { headers["x-slipway-delivery"] ?? "" }

        /// As a receiver would check it.
        func isSigned(with secret: String) -> Bool {
            let text = (headers["x-slipway-timestamp"] ?? "") + "." + body
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
            let digits = code.map { byte in String(format: "%02x", byte) }.joined()
            return headers["x-slipway-signature-256"] == "sha256=" + digits
        }
    }

    // Guarded by the condition, which is signalled at each change.
    private var calls: [Call] = []
    private var statuses: [Int] = []
    private var isHeld = false
    private let condition = NSCondition()

    /// - Parameter statuses: of the first answers; all others are 204.
    init(statuses: [Int] = [], isHeld: Bool = false) {
        self.statuses = statuses
        self.isHeld = isHeld
    }

    var seen: [Call] { condition.withLock { calls } }

    /// Lets answers go out that were held back.
    func release() {
        condition.withLock {
            isHeld = false
            condition.broadcast()
        }
    }

    /// Runs `use` with the URL of a server that is gone afterwards.
    func serve(_ use: (String) async throws -> Void) async throws {
        defer { release() }
        try await LoopbackServer.with { [self] request, connection in
            let body = String(decoding: try connection.readBody(of: request), as: UTF8.self)
            let headers = Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            let status = condition.withLock {
                calls.append(Call(headers: headers, body: body))
                while isHeld { condition.wait() }
                return statuses.isEmpty ? 204 : statuses.removeFirst()
            }
            try connection.answer(status, headers: status == 503 ? [("Retry-After", "100")] : [])
        } use: { server in
            try await use(server.url)
        }
    }
}

/// Tells targets how the runs of a ``TestServer`` go.
struct NotificationFixture {
    static let secret = "0123456789abcdef"

    let server: TestServer
    let store: NotificationStore

    static func with(_ body: (NotificationFixture) async throws -> Void) async throws {
        try await TestServer.with { server async throws in
            try await body(
                NotificationFixture(
                    server: server, store: NotificationStore(database: server.database, box: server.box)))
        }
    }

    func put(_ name: String, _ url: String, events: Set<NotificationEvent> = [.queued, .started, .finished])
        async throws
        -> NotificationTarget
    {
        let target = NotificationTarget(
            name: name, registry: "local01", url: try NotificationURL(url), secret: Secret(Self.secret),
            events: events, createTime: server.time.date)
        try await store.put(target)
        return target
    }

    static let write: NotificationContent.Writer = { content in
        Array("\(content.event) \(content.run?.id.text ?? "-") \(content.status?.rawValue ?? "-")".utf8)
    }

    func service(_ http: HTTPClient = HTTPClient()) -> NotificationService {
        NotificationService(
            server.environment, store: store, post: NotificationPost(http: http), write: Self.write)
    }

    var recorder: NotificationRecorder {
        NotificationRecorder(
            server.environment, store: store, changes: RunChangeStore(database: server.database), write: Self.write)
    }

    func sender(_ http: HTTPClient = HTTPClient()) -> NotificationSender {
        var backOff = NotificationBackOff()
        backOff.first = .milliseconds(20)
        backOff.random = { 0.5 }
        return NotificationSender(
            server.environment, store: store, recorder: recorder, post: NotificationPost(http: http), backOff: backOff)
    }

    /// Runs `use` while deliveries are sent, as by a process of its own.
    func sending(_ http: HTTPClient = HTTPClient(), _ use: () async throws -> Void) async throws {
        let sender = sender(http)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await sender.run() }
            defer { group.cancelAll() }
            try await use()
        }
    }
}
