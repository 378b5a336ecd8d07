import ArgumentParser
import ResourceAPI
import TaskModel

/// Roles, and where they hold.
struct RoleOptions: ParsableArguments {
    @Option(
        name: .customLong("role"),
        help: "A role; give it again for more: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .list(Role.allCases.map(\.rawValue)))
    var roles: [String] = []

    @Option(name: [.customShort("r"), .long], help: "The registry that the roles hold in. Default: all registries.")
    var registry: String?

    func validate() throws {
        if let bad = roles.first(where: { Role(anyCase: $0) == nil }) {
            let known = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(bad)' is no role. Use one of \(known).")
        }
        if registry != nil, roles.isEmpty { throw ValidationError("--registry goes with --role.") }
    }

    var properties: [RoleProperties] { roles.map { RoleProperties(role: $0, registry: registry) } }
}
