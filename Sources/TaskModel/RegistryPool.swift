/// A pool that a registry has for itself, made through the API.
public struct RegistryPool: Sendable, Hashable {
    /// Who carries out its runs.
    public enum Server: String, Sendable, Hashable {
        /// The agent inside the server, on the daemon and with the policy of the first configured pool.
        case embedded
    }

    /// How many runs go on at once.
    public static let countRange = 0...64

    /// As configured.
    public let registry: String
    /// 1 to 20 letters, digits and dashes.
    public let name: String
    /// 0 for a pool whose runs wait.
    public var count: Int
    public var tier: PoolTier
    /// Kept and shown; what network a pool is in follows from its daemon.
    public var subnet: String?
    public var servedBy: Server

    public init(
        registry: String, name: String, count: Int, tier: PoolTier, subnet: String? = nil, servedBy: Server = .embedded
    ) {
        self.registry = registry
        self.name = name
        self.count = count
        self.tier = tier
        self.subnet = subnet
        self.servedBy = servedBy
    }

    public var id: PoolID { PoolID(registry: registry, name: name) }
}

/// What each agent of a pool is said to have. A label: it limits nothing.
public enum PoolTier: String, Sendable, Hashable, CaseIterable {
    case s1 = "S1"
    case s2 = "S2"
    case s3 = "S3"
    case i6 = "I6"

    public var processors: Int {
        switch self {
        case .s1: 2
        case .s2: 4
        case .s3: 8
        case .i6: 64
        }
    }

    /// In gigabytes.
    public var memory: Int {
        switch self {
        case .s1: 3
        case .s2: 8
        case .s3: 16
        case .i6: 216
        }
    }

    /// Reads a tier in any case, as people type it.
    public init?(anyCase text: String) {
        self.init(rawValue: text.uppercased())
    }
}
