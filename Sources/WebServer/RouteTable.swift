import HTTPTypes
import Hummingbird
import TaskModel

/// Who may use a route.
enum RouteAccess: Sendable, Hashable {
    /// Anybody: health, login.
    case open
    /// Whoever has a link that the server signed for it.
    case link
    /// Whoever logs in at a registry that the server stands in front of: see ``RegistryLogins``.
    case registryLogin
    /// Agents, with their key or a join token: see ``AgentController``.
    case agent
    /// Forges and registries that know the secret of one of the server's hooks: see ``WebhooksController``.
    case hook
    /// Every principal; what is shown depends on who asks.
    case principal
    /// Principals with this permission in the registry of the path.
    case registry(Permission)
    /// Principals with this permission in all registries.
    case everywhere(Permission)
}

/// All routes of the server, each with who may use it.
final class RouteTable {
    struct Route: Sendable {
        let method: HTTPRequest.Method
        let path: RouterPath
        /// Nil if whoever added it did not say: a mistake, which a test finds.
        let access: RouteAccess?
    }

    let router: Router<ResourceContext>
    private(set) var routes: [Route] = []

    init(router: Router<ResourceContext>) {
        self.router = router
    }

    /// Where routes are added that these may use.
    func routes(for access: RouteAccess?) -> RouterGroup<ResourceContext> {
        Recorder(table: self, access: access).group()
    }

    /// Notes the routes that pass on their way to the router.
    private struct Recorder: RouterMethods {
        let table: RouteTable
        let access: RouteAccess?

        func on<Responder: HTTPResponder>(
            _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
        ) -> Self where Responder.Context == ResourceContext {
            table.routes.append(Route(method: method, path: path, access: access))
            table.router.on(path, method: method, responder: responder)
            return self
        }

        func add(middleware: any MiddlewareProtocol<Request, Response, ResourceContext>) -> Self {
            table.router.add(middleware: middleware)
            return self
        }
    }
}

/// Where the routes below a registry are added. Each names the permission that it takes, and is handed the registry
/// only if the caller has it.
struct RegistryRoutes {
    typealias Handler = @Sendable (Request, ResourceContext, Registry) async throws -> Response

    let directory: RegistryDirectory
    /// Where routes are added that only callers with a token reach.
    let guarded: (RouteAccess) -> RouterGroup<ResourceContext>

    func get(_ path: String = "", needing permission: Permission, use handler: @escaping Handler) {
        add(.get, path, permission, handler)
    }

    func put(_ path: String = "", needing permission: Permission, use handler: @escaping Handler) {
        add(.put, path, permission, handler)
    }

    func post(_ path: String = "", needing permission: Permission, use handler: @escaping Handler) {
        add(.post, path, permission, handler)
    }

    func patch(_ path: String = "", needing permission: Permission, use handler: @escaping Handler) {
        add(.patch, path, permission, handler)
    }

    func delete(_ path: String = "", needing permission: Permission, use handler: @escaping Handler) {
        add(.delete, path, permission, handler)
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: String, _ permission: Permission, _ handler: @escaping Handler
    ) {
        let directory = directory
        guarded(.registry(permission)).on(RouterPath(RegistryDirectory.path + "/" + path), method: method) {
            request, context in
            try await handler(request, context, try directory.registry(context, needing: permission))
        }
    }
}
