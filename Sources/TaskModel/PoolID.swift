/// Names a pool: one of the server's, which every registry may use, or one that a registry has for itself.
///
/// Compared without case.
public struct PoolID: Sendable {
    /// Whose pool it is; nil for one of the server's.
    public let registry: String?
    public let name: String

    public init(registry: String? = nil, name: String) {
        self.registry = registry
        self.name = name
    }

    private var key: [String] { [registry?.lowercased() ?? "", name.lowercased()] }
}

extension PoolID: Hashable, CustomStringConvertible {
    public static func == (left: PoolID, right: PoolID) -> Bool { left.key == right.key }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
    }

    /// `NAME`, or `REGISTRY/NAME`.
    public var description: String { registry.map { "\($0)/\(name)" } ?? name }
}
