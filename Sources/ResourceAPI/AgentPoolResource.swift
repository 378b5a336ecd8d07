public import TaskModel

/// An agent pool (`GET P/agentPools/N`).
public typealias AgentPoolResource = ResourceEnvelope<AgentPoolProperties>

/// What is told of an agent pool. Every field may be missing.
public struct AgentPoolProperties: Codable, Sendable, Hashable {
    /// How many runs go on at once.
    public var count: Int?
    /// `S1`, `S2`, `S3` or `I6`; missing for a pool of the server's configuration.
    public var tier: String?
    public var os: String?
    public var virtualNetworkSubnetResourceId: String?
    /// `Succeeded` or `Deleting`.
    public var provisioningState: String?
    /// Ours: the pool belongs to the server's configuration, and can't be changed or removed here.
    public var isConfigured: Bool?
    /// Ours: how many runs are under way. Told of one pool, not in listings.
    public var busySlots: Int?
    /// Ours: how many runs wait. Told of one pool, not in listings.
    public var queuedRuns: Int?

    public init(
        count: Int? = nil, tier: String? = nil, os: String? = nil, virtualNetworkSubnetResourceId: String? = nil,
        provisioningState: String? = nil
    ) {
        self.count = count
        self.tier = tier
        self.os = os
        self.virtualNetworkSubnetResourceId = virtualNetworkSubnetResourceId
        self.provisioningState = provisioningState
    }
}

/// The body of `PUT` and `PATCH P/agentPools/N`.
public struct AgentPoolRequest: Codable, Sendable, Hashable {
    public var location: String?
    public var properties: AgentPoolProperties?

    public init(location: String? = nil, properties: AgentPoolProperties?) {
        self.location = location
        self.properties = properties
    }
}

/// The answer of `POST P/agentPools/N/listQueueStatus`.
public struct AgentPoolQueueStatus: Codable, Sendable, Hashable {
    /// Runs that wait.
    public var count: Int?

    public init(count: Int?) {
        self.count = count
    }
}

extension ResourceID {
    public static let agentPoolType = "Microsoft.ContainerRegistry/registries/agentPools"

    /// The id of an agent pool of this registry.
    public func agentPool(_ name: String) -> ResourceID {
        ResourceID(
            subscription: subscription, resourceGroup: resourceGroup, registry: registry,
            children: [Child(type: "agentPools", name: name)])
    }
}

extension RegistryPool {
    /// A pool as a request describes it, checked.
    ///
    /// - Throws: ``InvalidRequest`` naming the field. Codes: `InvalidName`, `InvalidParameter`, `PlatformNotSupported`.
    public init(_ wire: AgentPoolRequest, name: String, registry: String) throws(InvalidRequest) {
        let properties = wire.properties ?? AgentPoolProperties()
        guard let checked = try RequestChecks.pool(name), checked.utf8.first != UInt8(ascii: "-") else {
            throw InvalidRequest(
                code: "InvalidName",
                message: "'\(name.escapedForDisplay)' is no agent pool: use 1 to 20 letters, digits and '-', "
                    + "the first a letter or digit.", target: "agentPoolName")
        }
        let os = properties.os ?? "Linux"
        guard os.lowercased() == "linux" else {
            throw InvalidRequest(
                code: "PlatformNotSupported",
                message: "No pool runs on \(os.escapedForDisplay): the agents' system is Linux.", target: "os")
        }
        let tier = properties.tier ?? PoolTier.s1.rawValue
        guard let knownTier = PoolTier(anyCase: tier) else {
            let known = PoolTier.allCases.map { "\($0.rawValue) (\($0.processors) CPU, \($0.memory) GB)" }
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\(tier.escapedForDisplay)' is no tier: use \(known.joined(separator: ", ")).", target: "tier"
            )
        }
        self.init(
            registry: registry, name: checked, count: try Self.checkedCount(properties.count ?? 1), tier: knownTier,
            subnet: try RequestChecks.text(
                properties.virtualNetworkSubnetResourceId, field: "virtualNetworkSubnetResourceId"))
    }

    /// - Throws: ``InvalidRequest`` for a count that no pool can have.
    public static func checkedCount(_ count: Int) throws(InvalidRequest) -> Int {
        guard countRange.contains(count) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "A pool can't have \(count) agents: use \(countRange.lowerBound) to \(countRange.upperBound).",
                target: "count")
        }
        return count
    }
}
