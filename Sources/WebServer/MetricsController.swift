import Hummingbird
import NIOCore
public import PrometheusText
import TaskModel

/// What the server counts and measures: `GET /metrics`, in the Prometheus text format.
///
/// It names pools and agents, so one has to log in: with the role `reader` everywhere, or a higher one.
public struct MetricsController: Sendable {
    private let registry: PrometheusRegistry
    private let look: @Sendable () async throws -> Void

    /// - Parameter look: brings up to date what is not counted as it happens.
    public init(_ registry: PrometheusRegistry, look: @escaping @Sendable () async throws -> Void) {
        self.registry = registry
        self.look = look
    }

    func addRoutes(to router: some RouterMethods<ResourceContext>) {
        router.get("metrics") { _, context in
            guard try context.caller.mayEverywhere(.readResources) else {
                throw ServerError.notFound(
                    "There is nothing here, or your roles don't reach it: metrics take the role reader in all registries."
                )
            }
            try await look()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: registry.text())))
        }
    }
}
