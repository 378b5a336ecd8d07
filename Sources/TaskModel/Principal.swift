/// Somebody, or a program, that may use the server.
public struct Principal: Sendable, Hashable {
    /// The client id: a GUID, compared without case.
    public let id: String
    public let displayName: String
    public let roles: Set<RoleAssignment>

    public init(id: String, displayName: String, roles: Set<RoleAssignment>) {
        self.id = id
        self.displayName = displayName
        self.roles = roles
    }

    /// What it may do in a registry. Names are compared without case.
    public func permissions(in registry: String) -> Set<Permission> {
        var permissions: Set<Permission> = []
        for assignment in roles
        where assignment.registry == nil || assignment.registry?.lowercased() == registry.lowercased() {
            permissions.formUnion(assignment.role.permissions)
        }
        if permissions.contains(.readResources) { permissions.insert(.readRegistry) }
        return permissions
    }

    public func may(_ permission: Permission, in registry: String) -> Bool {
        permissions(in: registry).contains(permission)
    }
}
