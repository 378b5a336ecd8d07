import Hummingbird
import TaskModel

/// `GET P`: one registry.
struct RegistriesController {
    let directory: RegistryDirectory

    func addRoutes(to registry: RegistryRoutes) {
        registry.get(needing: .readRegistry, use: show)
    }

    private func show(_ request: Request, _ context: ResourceContext, _ registry: Registry) throws -> Response {
        try .json(directory.resource(registry))
    }
}
