public import TaskModel

/// A secret by its id, as build steps name it. The value is missing where secrets are not shown.
public struct NamedSecret: Sendable, Hashable {
    public var id: String
    public var value: Secret?

    public init(id: String, value: Secret?) {
        self.id = id
        self.value = value
    }
}

extension NamedSecret: Codable {
    private enum CodingKeys: String, CodingKey {
        case id
        case value
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        value = try container.decodeIfPresent(String.self, forKey: .value).map { Secret($0) }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encodeIfPresent(value?.value, forKey: .value)
    }
}
