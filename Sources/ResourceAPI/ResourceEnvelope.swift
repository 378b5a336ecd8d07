/// What every resource looks like from outside.
public struct ResourceEnvelope<Properties: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    public var id: String
    public var name: String
    public var type: String
    public var location: String?
    public var sku: SKU?
    public var tags: [String: String]?
    public var properties: Properties?

    public init(
        id: String, name: String, type: String, location: String? = nil, sku: SKU? = nil, tags: [String: String]? = nil,
        properties: Properties? = nil
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.location = location
        self.sku = sku
        self.tags = tags
        self.properties = properties
    }
}

/// The tier of a registry. The Azure CLI refuses builds on any but Basic, Standard and Premium.
public struct SKU: Codable, Sendable, Hashable {
    public var name: String
    public var tier: String?

    public static let premium = SKU(name: "Premium", tier: "Premium")

    public init(name: String, tier: String? = nil) {
        self.name = name
        self.tier = tier
    }
}

/// One page of a listing.
public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    public var value: [Item]
    /// Absolute URL of the next page; nil on the last one, and always when the caller gave `$top` (clients follow it in
    /// any case).
    public var nextLink: String?

    public init(value: [Item], nextLink: String? = nil) {
        self.value = value
        self.nextLink = nextLink
    }
}

/// A resource in a listing of all kinds (`GET /subscriptions/S/resources`), without properties.
public typealias GenericResource = ResourceEnvelope<NoProperties>

/// Stands for properties that are left out.
public struct NoProperties: Codable, Sendable, Hashable {
    public init() {}
}

/// A subscription (`GET /subscriptions`).
public struct SubscriptionResource: Codable, Sendable, Hashable {
    /// `/subscriptions/S`.
    public var id: String
    public var subscriptionId: String
    public var tenantId: String
    public var displayName: String
    public var state: String

    public init(subscriptionId: String, tenantId: String, displayName: String, state: String = "Enabled") {
        id = "/subscriptions/" + subscriptionId
        self.subscriptionId = subscriptionId
        self.tenantId = tenantId
        self.displayName = displayName
        self.state = state
    }
}
