import Forges
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ResourceAPI
import Scheduling
import Storage
import TaskModel

/// What forges and registries call: `POST /hooks/KIND/ID`.
///
/// A hook's address is known to its sender alone, and each delivery proves that its sender knows the hook's secret. It is answered once it
/// is on the disk.
struct WebhooksController {
    static let maxBytes = 25 << 20

    let deliveries: DeliveryService

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.post("hooks/:kind/:hook", use: take)
    }

    private func take(_ request: Request, _ context: ResourceContext) async throws -> Response {
        // The same for a hook that is not there, before its sender can fill the memory.
        guard
            let hook = try await deliveries.hook(
                context.parameters.get("hook") ?? "", kind: context.parameters.get("kind") ?? "")
        else { throw Self.unauthorized }
        let webhook = Webhook(headers: Self.headers(of: request), body: try await Self.body(of: request))
        guard let (delivery, isNew) = try await deliveries.take(webhook, to: hook) else {
            context.logger.warning("webhook refused", metadata: ["kind": "\(hook.kind.rawValue)"])
            throw Self.unauthorized
        }
        let answer = DeliveryAnswer(
            id: "\(delivery.id)", state: delivery.state.rawValue, outcome: delivery.outcome,
            runs: delivery.runs.isEmpty ? nil : delivery.runs)
        return try .json(answer, status: isNew ? .accepted : .ok)
    }

    private static let unauthorized = ServerError(
        status: .unauthorized, code: "WebhookUnauthorized",
        message: "The delivery is not one of a hook that the server knows, or is not signed with its secret.")

    /// By name in lower case; of several of one name the first. The secret of senders that put it into the URL is among them.
    private static func headers(of request: Request) -> [String: String] {
        var headers = Dictionary(request.headers.map { ($0.name.canonicalName, $0.value) }) { first, _ in first }
        headers[RegistryDeliveries.queryToken] = request.uri.queryParameters["token"].map(String.init)
        return headers
    }

    private static func body(of request: Request) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: maxBytes).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ServerError(
                status: .contentTooLarge, code: "RequestContentTooLarge",
                message: "The delivery is larger than \(maxBytes) bytes, the limit.")
        }
    }
}
