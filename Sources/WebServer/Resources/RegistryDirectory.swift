import Foundation
import Hummingbird
import ResourceAPI
import Scheduling
import TaskModel

/// Finds the registry that a path names, for those who may use it. Segments are compared without case; what does not
/// exist and what may not be used look the same.
struct RegistryDirectory {
    static let path =
        "subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.ContainerRegistry/registries/:registry"
    static let location = "local"

    let identity: ServerIdentity
    let settings: SchedulingSettings
    let creationDate: Date

    /// The registry of the path, if the caller has the permission there.
    ///
    /// - Throws: ``ServerError`` (404), with the same text for an absent registry and one without that permission.
    func registry(_ context: ResourceContext, needing permission: Permission) throws -> Registry {
        try checkScope(context)
        let name = context.parameters.get("registry") ?? ""
        guard let registry = settings.registry(named: name),
            try context.caller.may(permission, in: registry.name)
        else {
            throw ServerError.notFound(
                """
                There is no registry '\(name.escapedForDisplay)', or none of your roles there has the permission \
                \(permission.rawValue). An administrator gives roles with 'slipway principal assign'.
                """)
        }
        return registry
    }

    /// The registries that the caller may see.
    func registries(_ context: ResourceContext) throws -> [Registry] {
        let caller = try context.caller
        return settings.registries.filter { caller.may(.readRegistry, in: $0.name) }
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
        var resource = RegistryResource(
            id: id(of: registry), location: Self.location, loginServer: registry.loginServer,
            creationDate: Timestamp(creationDate))
        // Elsewhere there is no login that this server could show.
        resource.properties?.adminUserEnabled = registry.gateway
        return resource
    }
}
