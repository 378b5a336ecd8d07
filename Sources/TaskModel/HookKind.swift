/// What calls a hook of the server.
public enum HookKind: Sendable, Hashable {
    case forge(ForgeKind)
    case registry(RegistryEventKind)
}

/// How a registry tells what was pushed to it.
public enum RegistryEventKind: String, Sendable, Hashable, CaseIterable {
    /// Notifications of the registry `distribution`, and of those made from it.
    case distribution
    case harbor
    /// Webhooks of Azure Container Registry.
    case acr
    case dockerHub = "docker-hub"
}

extension HookKind: RawRepresentable {
    /// As it stands in the hook's URL.
    public init?(rawValue: String) {
        if let forge = ForgeKind(rawValue: rawValue) {
            self = .forge(forge)
        } else if let registry = RegistryEventKind(rawValue: rawValue) {
            self = .registry(registry)
        } else {
            return nil
        }
    }

    public var rawValue: String {
        switch self {
        case .forge(let kind): kind.rawValue
        case .registry(let kind): kind.rawValue
        }
    }
}
