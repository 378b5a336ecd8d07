/// Any JSON, for bodies that change something: what is absent and what is null mean different things there.
public enum JSONDocument: Sendable, Hashable {
    case null
    case flag(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([JSONDocument])
    case object([String: JSONDocument])

    /// The member of an object; nil if there is none, or this is no object.
    public subscript(key: String) -> JSONDocument? {
        get { if case .object(let members) = self { members[key] } else { nil } }
        set {
            guard case .object(var members) = self else { return }
            members[key] = newValue
            self = .object(members)
        }
    }
}

extension JSONDocument: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Each of these fails unless the value is of its kind.
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? container.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let list = try? container.decode([JSONDocument].self) {
            self = .list(list)
        } else {
            self = .object(try container.decode([String: JSONDocument].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .flag(let flag): try container.encode(flag)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONDocument {
    /// This document after a change: members of objects are merged, null removes, everything else replaces (RFC 7396).
    ///
    /// - Parameters:
    ///   - named: members that hold lists whose items are told apart by their `name`: one of the same name is merged, a
    ///     new one is added, the others stay.
    ///   - whole: members whose own members are replaced as a whole, and told apart without case.
    public func merging(_ change: JSONDocument, named: Set<String> = [], whole: Set<String> = []) -> JSONDocument {
        guard case .object(let changes) = change else { return change }
        var members: [String: JSONDocument] = if case .object(let members) = self { members } else { [:] }
        for (key, value) in changes {
            let old = members[key]
            switch value {
            case .null: members[key] = nil
            case .list(let items) where named.contains(key):
                members[key] = .list((old?.items ?? []).mergingNamed(items, named: named, whole: whole))
            case .object(let entries) where whole.contains(key):
                members[key] = (old ?? .object([:])).replacingEntries(with: entries)
            case .object: members[key] = (old ?? .object([:])).merging(value, named: named, whole: whole)
            default: members[key] = value
            }
        }
        return .object(members)
    }

    private var items: [JSONDocument] { if case .list(let items) = self { items } else { [] } }

    private func replacingEntries(with entries: [String: JSONDocument]) -> JSONDocument {
        guard case .object(var members) = self else { return .object(entries) }
        for (key, value) in entries {
            for known in members.keys where known.lowercased() == key.lowercased() { members[known] = nil }
            if value != .null { members[key] = value }
        }
        return .object(members)
    }
}

extension [JSONDocument] {
    fileprivate func mergingNamed(_ items: [JSONDocument], named: Set<String>, whole: Set<String>) -> [JSONDocument] {
        var result = self
        for item in items {
            if let index = result.firstIndex(where: { $0["name"] == item["name"] }), item["name"] != nil {
                result[index] = result[index].merging(item, named: named, whole: whole)
            } else {
                result.append(JSONDocument.object([:]).merging(item, named: named, whole: whole))
            }
        }
        return result
    }
}
