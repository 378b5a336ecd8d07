import Foundation
import Hummingbird
import ResourceAPI
import Scheduling
import TaskModel

/// Finds the registry that a path names. Segments are compared without case; what does not exist and what may not be seen look the same.
struct RegistryDirectory {
    static let path =
        "subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ContainerRegistry/registries/:registry"
    static let location = "local"

    let identity: ServerIdentity
    let settings: SchedulingSettings
    let creationDate: Date

    func registry(_ context: ResourceContext) throws -> Registry {
        try checkScope(context)
        let name = context.parameters.get("registry") ?? ""
        guard let registry = settings.registry(named: name) else {
            throw ServerError.notFound(
                "There is no registry '\(name.escapedForDisplay)'. Known are: \(settings.registries.map(\.name).joined(separator: ", "))."
            )
        }
        return registry
    }

    /// Checks subscription and resource group, where the path names them.
    func checkScope(_ context: ResourceContext) throws {
        for (parameter, known) in [("subscription", identity.subscription), ("group", identity.resourceGroup)] {
            if let given = context.parameters.get(parameter), given.lowercased() != known.lowercased() {
                throw ServerError.notFound(
                    "There is no \(parameter == "group" ? "resource group" : parameter) '\(given.escapedForDisplay)'.")
            }
        }
    }

    func id(of registry: Registry) -> ResourceID {
        ResourceID(subscription: identity.subscription, resourceGroup: identity.resourceGroup, registry: registry.name)
    }

    func resource(_ registry: Registry) -> RegistryResource {
        RegistryResource(
            id: id(of: registry), location: Self.location, loginServer: registry.loginServer,
            creationDate: Timestamp(creationDate))
    }
}
