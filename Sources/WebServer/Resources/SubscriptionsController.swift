import Hummingbird
import ResourceAPI
import Scheduling
import TaskModel

/// The one subscription of a server, and what of it the caller may see.
struct SubscriptionsController {
    let directory: RegistryDirectory

    func addRoutes(to group: some RouterMethods<ResourceContext>) {
        group.get("subscriptions", use: list)
        group.get("subscriptions/:subscription", use: show)
        group.get("subscriptions/:subscription/resources", use: resources)
        group.get("subscriptions/:subscription/providers/Microsoft.ContainerRegistry/registries", use: registries)
        group.get(
            "subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ContainerRegistry/registries",
            use: registries)
    }

    private var subscription: SubscriptionResource {
        SubscriptionResource(
            subscriptionId: directory.identity.subscription, tenantId: directory.identity.tenant, displayName: "Slipway"
        )
    }

    private func list(_ request: Request, _ context: ResourceContext) throws -> Response {
        try .json(Page(value: [subscription]))
    }

    private func show(_ request: Request, _ context: ResourceContext) throws -> Response {
        try directory.checkScope(context)
        return try .json(subscription)
    }

    /// Whatever the filter says, registries are all there is.
    private func resources(_ request: Request, _ context: ResourceContext) throws -> Response {
        try directory.checkScope(context)
        return try .json(
            Page(
                value: try directory.registries(context).map { registry in
                    GenericResource(
                        id: directory.id(of: registry).description, name: registry.name, type: ResourceID.registryType,
                        location: RegistryDirectory.location)
                }))
    }

    private func registries(_ request: Request, _ context: ResourceContext) throws -> Response {
        try directory.checkScope(context)
        return try .json(Page(value: try directory.registries(context).map(directory.resource)))
    }
}
