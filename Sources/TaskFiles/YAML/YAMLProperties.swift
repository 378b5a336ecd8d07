/// The entries of a map, read as the types that are expected. What is absent or null is nil; nothing is converted.
struct YAMLProperties {
    let place: TextPlace
    private let entries: [String: YAMLNode]

    /// - Parameter what: what the map is, for the error when it is none.
    init(_ node: YAMLNode, _ what: String) throws(TaskFileError) {
        place = node.place
        if node.isNull {
            entries = [:]
            return
        }
        guard case .map(let entries) = node.content else { throw Self.mismatch(node, what, "a map") }
        self.entries = Dictionary(entries.map { ($0.key, $0.value) }) { _, last in last }
    }

    subscript(_ name: String) -> YAMLNode? {
        guard let node = entries[name], !node.isNull else { return nil }
        return node
    }

    /// Where the value is; the map itself if it is absent.
    func place(of name: String) -> TextPlace { entries[name]?.place ?? place }

    /// The text of any scalar: numbers as they are written.
    func string(_ name: String) throws(TaskFileError) -> String? {
        guard let node = self[name] else { return nil }
        return try Self.text(of: node, "'\(name)'")
    }

    func int(_ name: String) throws(TaskFileError) -> Int? {
        guard let node = self[name] else { return nil }
        return try Self.number(node, "'\(name)'")
    }

    func bool(_ name: String) throws(TaskFileError) -> Bool? {
        guard let node = self[name] else { return nil }
        guard case .bool(let value) = node.scalar else { throw Self.mismatch(node, "'\(name)'", "true or false") }
        return value
    }

    func strings(_ name: String) throws(TaskFileError) -> [String] {
        try list(name) { (item) throws(TaskFileError) in try Self.text(of: item, "each of '\(name)'") }
    }

    func ints(_ name: String) throws(TaskFileError) -> [Int] {
        try list(name) { (item) throws(TaskFileError) in try Self.number(item, "each of '\(name)'") }
    }

    /// The items of a list; none if it is absent.
    func list<Item>(_ name: String, _ read: (YAMLNode) throws(TaskFileError) -> Item) throws(TaskFileError) -> [Item] {
        guard let node = self[name] else { return [] }
        guard case .list(let items) = node.content else { throw Self.mismatch(node, "'\(name)'", "a list") }
        var result: [Item] = []
        for item in items { result.append(try read(item)) }
        return result
    }

    /// The entries of a map from text to text; nil if it is absent.
    func texts(_ name: String) throws(TaskFileError) -> [(key: String, value: String)]? {
        guard let node = self[name] else { return nil }
        guard case .map(let entries) = node.content else { throw Self.mismatch(node, "'\(name)'", "a map") }
        return try Self.texts(entries)
    }

    /// All entries, in no order, each of which must be text.
    func allTexts() throws(TaskFileError) -> [(key: String, value: String)] {
        try Self.texts(entries.map { ($0.key, $0.value) })
    }

    private static func texts(_ entries: [(key: String, value: YAMLNode)]) throws(TaskFileError)
        -> [(key: String, value: String)]
    {
        var result: [(key: String, value: String)] = []
        for (key, value) in entries { result.append((key, try text(of: value, "'\(key)'"))) }
        return result
    }

    private static func text(of node: YAMLNode, _ what: String) throws(TaskFileError) -> String {
        guard case .scalar(let text, _, _) = node.content else { throw mismatch(node, what, "text") }
        return node.isNull ? "" : text
    }

    private static func number(_ node: YAMLNode, _ what: String) throws(TaskFileError) -> Int {
        if case .int(let value) = node.scalar { return value }
        // What comes after the point is cut off.
        if case .double(let value) = node.scalar, let whole = Int(exactly: value.rounded(.towardZero)) { return whole }
        switch node.scalar {
        case .unsigned, .double(-Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude):
            throw TaskFileError(.typeMismatch, at: node.place, "\(what) is a number that is too large.")
        default: break
        }
        throw mismatch(node, what, "a whole number without quotes or unit")
    }

    static func mismatch(_ node: YAMLNode, _ what: String, _ expected: String) -> TaskFileError {
        TaskFileError(.typeMismatch, at: node.place, "\(what) must be \(expected), not \(node.kind).")
    }
}
