/// What a principal may do in a registry: a named set of permissions.
///
/// The raw values are what people write. The last three are the registry's own names, for those who only move images.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Sees registries, runs and their logs, tasks and pools; no secrets.
    case reader = "Reader"
    /// Also queues and cancels runs, and runs tasks.
    case builder = "Builder"
    /// Also writes tasks, reads the secrets in them, and sets those of the registry.
    case taskAuthor = "TaskAuthor"
    /// Sees what a reader sees, and makes, changes and removes agent pools.
    case poolOperator = "PoolOperator"
    /// Everything, principals included.
    case admin = "Admin"
    case acrPull = "AcrPull"
    /// Pulls too.
    case acrPush = "AcrPush"
    /// Removes manifests, tags and repositories.
    case acrDelete = "AcrDelete"

    public var permissions: Set<Permission> {
        switch self {
        case .reader: [.readResources, .pullImages]
        case .builder: [.readResources, .submitRuns, .pullImages]
        case .taskAuthor: [.readResources, .submitRuns, .writeTasks, .readTaskSecrets, .writeSecrets, .pullImages]
        case .poolOperator: [.readResources, .writePools]
        case .admin: Set(Permission.allCases)
        case .acrPull: [.readRegistry, .pullImages]
        case .acrPush: [.readRegistry, .pullImages, .pushImages]
        case .acrDelete: [.readRegistry, .deleteImages]
        }
    }

    /// Reads a role in any case, as people type it.
    public init?(anyCase text: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = match
    }
}

/// One thing that somebody may do in a registry.
public enum Permission: String, Sendable, Hashable, CaseIterable {
    /// See the registry itself: its name, its login server.
    case readRegistry
    /// See runs, logs, tasks, pools. Includes ``readRegistry``.
    case readResources
    /// Queue runs, upload contexts, cancel, archive.
    case submitRuns
    case writeTasks
    /// See what `listDetails` of a task shows.
    case readTaskSecrets
    /// Set and delete the secrets that runs name by the URL of a vault. Nobody reads them back.
    case writeSecrets
    case writePools
    case pullImages
    case pushImages
    case deleteImages
    /// See the registry's administrator login, make and remove principals.
    case administer
}

/// A role that a principal has.
public struct RoleAssignment: Sendable, Hashable {
    public let role: Role
    /// The registry it holds in; nil for all of them.
    public let registry: String?

    public init(_ role: Role, in registry: String? = nil) {
        self.role = role
        self.registry = registry
    }
}

extension RoleAssignment: CustomStringConvertible {
    /// `Builder`, or `Builder in NAME`.
    public var description: String { registry.map { "\(role.rawValue) in \($0)" } ?? role.rawValue }
}
