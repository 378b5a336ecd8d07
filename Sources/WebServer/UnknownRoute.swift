import HTTPTypes
import Hummingbird
import TaskModel

/// Answers what no route is for: 405 where the path has other methods, 404 elsewhere.
///
/// Add it to the router after all routes: then it runs for nothing else.
struct UnknownRoute: RouterMiddleware {
    private let routes: [RouteTable.Route]

    init(_ table: RouteTable) {
        routes = table.routes
    }

    func handle(
        _ request: Request, context: ResourceContext, next: (Request, ResourceContext) async throws -> Response
    ) async throws -> Response {
        let segments = request.uri.path.lowercased().split(separator: "/")
        let methods = routes.filter { Self.matches($0.path, segments) }.map(\.method.rawValue)
        guard !methods.isEmpty else { throw ServerError.notFound("There is nothing at this path.") }
        throw ServerError(
            status: .methodNotAllowed, code: "MethodNotAllowed",
            message: "This path takes no \(request.method.rawValue.prefix(20).description.escapedForDisplay), "
                + "only \(Set(methods).sorted().joined(separator: ", ")).",
            allowed: Set(methods).sorted())
    }

    private static func matches(_ path: RouterPath, _ segments: [Substring]) -> Bool {
        let components = path.lowercased().components
        return components.count == segments.count && zip(components, segments).allSatisfy { $0 ~= $1 }
    }
}
