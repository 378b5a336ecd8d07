public import TaskModel

/// A name with a value: a build argument (`Argument`) or a value for a template (`SetValue`).
///
/// The value is kept as a secret whatever `isSecret` says. It is missing where secrets are not shown.
public struct ArgumentProperties: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case argument = "Argument"
        case setValue = "SetValue"
    }

    public var kind: Kind
    public var name: String
    public var value: Secret?
    public var isSecret: Bool

    public init(_ kind: Kind = .argument, name: String, value: Secret?, isSecret: Bool) {
        self.kind = kind
        self.name = name
        self.value = value
        self.isSecret = isSecret
    }
}

extension ArgumentProperties: Codable {
    private enum CodingKeys: String, CodingKey {
        case type
        case name
        case value
        case isSecret
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let type = try container.decodeIfPresent(String.self, forKey: .type) ?? ""
        kind = type.lowercased() == Kind.setValue.rawValue.lowercased() ? .setValue : .argument
        name = try container.decode(String.self, forKey: .name)
        value = try container.decodeIfPresent(String.self, forKey: .value).map { Secret($0) }
        isSecret = try container.decodeIfPresent(Bool.self, forKey: .isSecret) ?? false
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind.rawValue, forKey: .type)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(value?.value, forKey: .value)
        try container.encode(isSecret, forKey: .isSecret)
    }
}
