public import TaskModel

/// A right to a part of a registry: an entry of the claim `access` of a token, and a scope of a request for one
/// (token authentication of the distribution specification).
public struct RegistryAccess: Codable, Sendable, Hashable {
    /// `repository` or `registry`.
    public let type: String
    /// The repository; `catalog` of a registry.
    public let name: String
    /// `pull`, `push`, `delete`, `metadata_read`, `metadata_write`, `*`.
    public let actions: [String]

    /// What one request may ask for; what is above is left out.
    static let mostScopes = 64

    public init(type: String, name: String, actions: [String]) {
        self.type = type
        self.name = name
        self.actions = actions
    }

    public init(repository: String, _ actions: String...) {
        self.init(type: "repository", name: repository, actions: actions)
    }

    public static let catalog = RegistryAccess(type: "registry", name: "catalog", actions: ["*"])

    /// Reads `TYPE:NAME:ACTION,ACTION`; nil if it is none, or names what can't exist.
    public init?(scope: Substring) {
        let parts = scope.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        // Some clients say what kind of repository they mean: `repository(plugin)`.
        let type = String(parts[0].prefix { $0 != "(" })
        let name = String(parts[1])
        guard type == "repository" ? ImageReference.isRepository(name) : type == "registry" && name == "catalog" else {
            return nil
        }
        let actions = parts[2].split(separator: ",").prefix(16).map(String.init)
        self.init(type: type, name: name, actions: actions)
    }

    /// Reads the scopes of a request, each of which may hold several separated by blanks. What can't be read gives no
    /// right.
    public static func read(scopes: [String]) -> [RegistryAccess] {
        scopes.flatMap { $0.split(separator: " ") }.prefix(mostScopes).compactMap { RegistryAccess(scope: $0) }
    }

    public var scope: String { "\(type):\(name):\(actions.joined(separator: ","))" }

    /// What of this somebody with these permissions has. With `*` that is everything that they have.
    public func granted(by permissions: Set<Permission>) -> RegistryAccess? {
        let wanted = type == "repository" && actions.contains("*") ? Self.repositoryActions : actions
        let granted = wanted.filter { action in
            Self.permissions(for: action, of: type).contains { permissions.contains($0) }
        }
        return granted.isEmpty ? nil : RegistryAccess(type: type, name: name, actions: granted)
    }

    private static let repositoryActions = ["pull", "push", "delete", "metadata_read", "metadata_write"]

    /// Any of these permissions allows the action.
    private static func permissions(for action: String, of type: String) -> [Permission] {
        if type == "registry" { return [.pullImages, .pushImages, .deleteImages] }
        return switch action {
        case "pull": [.pullImages]
        case "push", "metadata_write": [.pushImages]
        case "delete": [.deleteImages]
        case "metadata_read": [.pullImages, .pushImages, .deleteImages]
        default: []
        }
    }
}

extension [RegistryAccess] {
    /// Whether one of these gives all that `wanted` names.
    public func include(_ wanted: RegistryAccess) -> Bool {
        let own = filter { $0.type == wanted.type && ($0.name == wanted.name || $0.name == "*") }.flatMap(\.actions)
        return wanted.actions.allSatisfy { own.contains($0) }
    }
}
