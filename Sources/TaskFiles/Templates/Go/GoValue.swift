/// A value while a template is evaluated, typed as Go would have it.
enum GoValue {
    /// Also of what does not exist.
    case null
    case bool(Bool)
    /// Of `uint64` the bits.
    case int(Int, GoIntType)
    case double(Double)
    case string(ByteString)
    /// With how many lists are in each other, this one included. Maps don't count: they are emptied one by one.
    case list([GoValue], GoListType, Int)
    case map(GoMap)
    case time(GoTime)
    case version(SemanticVersion)
}

enum GoIntType: String {
    case int, int64, uint8, uint64

    var isUnsigned: Bool { self == .uint8 || self == .uint64 }
}

/// Of what a list is. One that isn't there (Go's nil) is empty, and `null` in JSON.
enum GoListType {
    case any, strings, ints, lists, noAny, noStrings

    var isAbsent: Bool { self == .noAny || self == .noStrings }

    var name: String {
        switch self {
        case .any, .noAny: "[]interface {}"
        case .strings, .noStrings: "[]string"
        case .ints: "[]int"
        case .lists: "[][]interface {}"
        }
    }
}

/// A map, shared by all that hold it: `set` changes it for everybody.
final class GoMap {
    var entries: [ByteString: GoValue]
    /// Whether it is one of texts alone (`map[string]string`), in which a missing one is empty.
    let isOfStrings: Bool

    /// - Parameter work: keeps it, since a map may hold itself.
    init(_ entries: [ByteString: GoValue], ofStrings isOfStrings: Bool = false, _ work: TemplateWork) {
        self.entries = entries
        self.isOfStrings = isOfStrings
        work.keep(self)
    }

    var sorted: [(key: ByteString, value: GoValue)] { entries.sorted { $0.key < $1.key } }

    subscript(_ key: ByteString) -> GoValue { entries[key] ?? (isOfStrings ? .string("") : .null) }
}

extension GoValue {
    static func int(_ value: Int) -> GoValue { .int(value, .int) }
    static func int64(_ value: Int) -> GoValue { .int(value, .int64) }
    static func text(_ value: String) -> GoValue { .string(ByteString(value)) }
    static func list(_ items: [GoValue]) -> GoValue { .list(items, .any) }

    static func list(_ items: [GoValue], _ type: GoListType) -> GoValue {
        .list(items, type, 1 + items.reduce(0) { max($0, $1.depth) })
    }

    static func strings(_ items: some Sequence<ByteString>) -> GoValue { .list(items.map { .string($0) }, .strings) }

    /// The most lists in each other: more could not be freed on the stack of a thread.
    static let maxDepth = 100

    /// How many lists are in each other.
    var depth: Int {
        if case .list(_, _, let depth) = self { depth } else { 0 }
    }

    init(_ value: TemplateValue, _ work: TemplateWork) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .unsigned(let value): self = .int(Int(bitPattern: value), .uint64)
        case .double(let value): self = .double(value)
        case .string(let value): self = .text(value)
        case .list(let items): self = .list(items.map { GoValue($0, work) })
        case .map(let entries):
            self = .map(
                GoMap(
                    Dictionary(entries.map { (ByteString($0.key), GoValue($0.value, work)) }) { _, last in last },
                    work))
        }
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// What `if` goes by, and Sprig's `empty` too.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .int(let value, _): value != 0
        case .double(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let items, _, _): !items.isEmpty
        case .map(let map): !map.entries.isEmpty
        case .time, .version: true
        }
    }

    /// As `%T` says it.
    var typeName: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int(_, let type): type.rawValue
        case .double: "float64"
        case .string: "string"
        case .list(_, let type, _): type.name
        case .map(let map): map.isOfStrings ? "map[string]string" : "map[string]interface {}"
        case .time: "time.Time"
        case .version: "*semver.Version"
        }
    }

    var kindName: String {
        switch self {
        case .null: "invalid"
        case .list: "slice"
        case .map: "map"
        case .time: "struct"
        case .version: "ptr"
        default: typeName
        }
    }

    /// What a function has to look through, in steps.
    var weight: Int {
        switch self {
        case .string(let text): text.count
        case .list(let items, _, _): items.count
        case .map(let map): map.entries.count
        default: 0
        }
    }
}

/// Comparing, as `reflect.DeepEqual` does.
extension GoValue {
    func deepEquals(_ other: GoValue, _ work: TemplateWork, depth: Int = 0) throws -> Bool {
        try work.spend(1)
        guard depth < GoPrinter.maxDepth else {
            throw TemplateFailure(.evaluation, "a value holds itself, or has more than \(GoPrinter.maxDepth) levels")
        }
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let one), .bool(let two)): return one == two
        case (.int(let one, let type), .int(let two, let otherType)): return one == two && type == otherType
        case (.double(let one), .double(let two)): return one == two
        case (.string(let one), .string(let two)):
            try work.spend(one.count / 16)
            return one == two
        case (.list(let one, let type, _), .list(let two, let otherType, _)):
            guard type == otherType, one.count == two.count else { return false }
            for (left, right) in zip(one, two) where try !left.deepEquals(right, work, depth: depth + 1) {
                return false
            }
            return true
        case (.map(let one), .map(let two)):
            if one === two { return true }
            guard one.isOfStrings == two.isOfStrings, one.entries.count == two.entries.count else { return false }
            for (key, value) in one.entries {
                guard let right = two.entries[key], try value.deepEquals(right, work, depth: depth + 1) else {
                    return false
                }
            }
            return true
        case (.time(let one), .time(let two)): return one == two
        case (.version(let one), .version(let two)): return one.original == two.original
        default: return false
        }
    }
}
