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
        permissions { $0.lowercased() == registry.lowercased() }
    }

    public func may(_ permission: Permission, in registry: String) -> Bool {
        permissions(in: registry).contains(permission)
    }

    /// Whether it may do this in all registries, those to come included.
    public func mayEverywhere(_ permission: Permission) -> Bool {
        permissions { _ in false }.contains(permission)
    }

    /// What the roles give that hold everywhere or in a registry as wanted.
    private func permissions(in isWanted: (String) -> Bool) -> Set<Permission> {
        var permissions: Set<Permission> = []
        for assignment in roles where assignment.registry.map(isWanted) ?? true {
            permissions.formUnion(assignment.role.permissions)
        }
        if permissions.contains(.readResources) { permissions.insert(.readRegistry) }
        return permissions
    }
}
