public import TaskModel

/// The path of a registry, or of something in it:
/// `/subscriptions/S/resourceGroups/G/providers/Microsoft.ContainerRegistry/registries/R[/TYPE/NAME]…`.
///
/// Every segment is compared without case, as clients change the case of resource groups; the spelling given is kept.
public struct ResourceID: Sendable {
    /// What a registry holds: `runs` and `ca1`, say.
    public struct Child: Sendable {
        public let type: String
        public let name: String

        public init(type: String, name: String) {
            self.type = type
            self.name = name
        }
    }

    public static let provider = "Microsoft.ContainerRegistry"
    public static let registryType = "Microsoft.ContainerRegistry/registries"
    public static let runType = "Microsoft.ContainerRegistry/registries/runs"

    public let subscription: String
    public let resourceGroup: String
    public let registry: String
    public let children: [Child]

    public init(subscription: String, resourceGroup: String, registry: String, children: [Child] = []) {
        self.subscription = subscription
        self.resourceGroup = resourceGroup
        self.registry = registry
        self.children = children
    }

    /// Reads an id; nil if the text is none, names another provider, or has an empty segment.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let keywords = [
            "", "subscriptions", nil, "resourcegroups", nil, "providers", Self.provider.lowercased(), "registries", nil,
        ]
        guard parts.count >= keywords.count, parts.count % 2 == 1, parts.dropFirst().allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
        guard zip(parts, keywords).allSatisfy({ $1 == nil || $0.lowercased() == $1 }) else { return nil }
        let children = stride(from: keywords.count, to: parts.count, by: 2).map {
            Child(type: parts[$0], name: parts[$0 + 1])
        }
        self.init(subscription: parts[2], resourceGroup: parts[4], registry: parts[8], children: children)
    }

    /// The id of a run of this registry.
    public func run(_ id: RunID) -> ResourceID { child("runs", id.text) }

    /// The id of something else that this registry holds.
    public func child(_ type: String, _ name: String) -> ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, registry: registry,
            children: [Child(type: type, name: name)])
    }

    /// `Microsoft.ContainerRegistry/registries[/TYPE]…`.
    public var type: String { ([Self.registryType] + children.map(\.type)).joined(separator: "/") }
}

extension ResourceID: Hashable, CustomStringConvertible {
    public static func == (left: ResourceID, right: ResourceID) -> Bool {
        left.description.lowercased() == right.description.lowercased()
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(description.lowercased())
    }

    public var description: String {
        let root =
            "/subscriptions/\(subscription)/resourceGroups/\(resourceGroup)/providers/\(Self.provider)/registries/\(registry)"
        return children.reduce(root) { $0 + "/" + $1.type + "/" + $1.name }
    }
}
