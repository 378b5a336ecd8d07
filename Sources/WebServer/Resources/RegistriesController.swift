import Hummingbird

/// `GET P`: one registry.
struct RegistriesController {
    let directory: RegistryDirectory

    func addRoutes(to group: RouterGroup<ResourceContext>) {
        group.get("\(RegistryDirectory.path)", use: show)
    }

    private func show(_ request: Request, _ context: ResourceContext) throws -> Response {
        try .json(directory.resource(try directory.registry(context)))
    }
}
