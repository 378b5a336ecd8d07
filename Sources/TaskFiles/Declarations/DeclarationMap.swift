import TaskModel

/// The entries of a map of a declaration, each of which must be known. Nothing is converted; what is null is absent.
struct DeclarationMap {
    let place: TextPlace
    private let entries: [(key: String, value: YAMLNode)]
    /// What the map is, for messages: `'triggers'`.
    private let what: String

    /// - Parameter keys: that may be there; nil for any.
    init(_ node: YAMLNode, _ what: String, keys: [String]?) throws(TaskDeclarationError) {
        guard case .map(let entries) = node.content else { throw Self.mismatch(node, what, "a map of keys and values") }
        place = node.place
        self.what = what
        self.entries = entries
        guard let keys else { return }
        for (key, value) in entries where !keys.contains(key) {
            let hint = nearestName(to: key, in: keys).map { "Did you mean '\($0)'?" }
            throw TaskDeclarationError(
                at: value.place,
                "\(what) has no key '\(key.escapedForDisplay)'. "
                    + (hint ?? "There are \(keys.joined(separator: ", ")).")
            )
        }
    }

    subscript(key: String) -> YAMLNode? {
        guard let node = entries.first(where: { $0.key == key })?.value, !node.isNull else { return nil }
        return node
    }

    /// In the order of the file.
    var all: [(key: String, value: YAMLNode)] { entries }

    /// The keys of these that are there.
    func given(_ keys: [String]) -> [String] { keys.filter { self[$0] != nil } }

    /// Any scalar, as it is written.
    func text(_ key: String) throws(TaskDeclarationError) -> String? {
        try self[key].map { (node) throws(TaskDeclarationError) in try Self.text(node, "'\(key)'") }
    }

    func number(_ key: String) throws(TaskDeclarationError) -> Int? {
        try self[key].map { (node) throws(TaskDeclarationError) in
            guard case .int(let number) = node.scalar else { throw Self.mismatch(node, "'\(key)'", "a whole number") }
            return number
        }
    }

    func flag(_ key: String) throws(TaskDeclarationError) -> Bool? {
        try self[key].map { (node) throws(TaskDeclarationError) in
            guard case .bool(let flag) = node.scalar else { throw Self.mismatch(node, "'\(key)'", "true or false") }
            return flag
        }
    }

    /// A list of scalars; one alone is a list of one.
    func texts(_ key: String) throws(TaskDeclarationError) -> [String]? {
        try self[key].map { (node) throws(TaskDeclarationError) in
            guard case .list(let items) = node.content else { return [try Self.text(node, "'\(key)'")] }
            var texts: [String] = []
            for item in items { texts.append(try Self.text(item, "each of '\(key)'")) }
            return texts
        }
    }

    /// A list; none if it is absent.
    func list<Item>(_ key: String, _ read: (YAMLNode) throws(TaskDeclarationError) -> Item)
        throws(TaskDeclarationError) -> [Item]
    {
        guard let node = self[key] else { return [] }
        guard case .list(let items) = node.content else { throw Self.mismatch(node, "'\(key)'", "a list") }
        var result: [Item] = []
        for item in items { result.append(try read(item)) }
        return result
    }

    /// A text, or where to find it.
    func declared(_ key: String) throws(TaskDeclarationError) -> DeclaredText? {
        try self[key].map { (node) throws(TaskDeclarationError) in try Self.declared(node, "'\(key)'") }
    }

    /// As ``declared(_:)``, but the text itself must not stand in the file.
    func secret(_ key: String) throws(TaskDeclarationError) -> DeclaredText? {
        try self[key].map { (node) throws(TaskDeclarationError) in try Self.secret(node, "'\(key)'") }
    }

    /// A map of names and texts, or where to find these; none if it is absent.
    func named(_ key: String, areSecret: Bool) throws(TaskDeclarationError) -> [(name: String, value: DeclaredText)] {
        guard let node = self[key] else { return [] }
        var result: [(name: String, value: DeclaredText)] = []
        for (name, value) in try DeclarationMap(node, "'\(key)'", keys: nil).all {
            let what = "'\(name.escapedForDisplay)'"
            result.append((name, areSecret ? try Self.secret(value, what) : try Self.declared(value, what)))
        }
        return result
    }

    static func text(_ node: YAMLNode, _ what: String) throws(TaskDeclarationError) -> String {
        guard case .scalar(let text, _, _) = node.content else { throw mismatch(node, what, "text") }
        return node.isNull ? "" : text
    }

    private static func secret(_ node: YAMLNode, _ what: String) throws(TaskDeclarationError) -> DeclaredText {
        let declared = try declared(node, what)
        if case .text = declared {
            throw TaskDeclarationError(
                at: node.place,
                "\(what) is a secret, which does not stand in the file. Write {env: NAME} for a variable of the environment, or {file: PATH}."
            )
        }
        return declared
    }

    private static func declared(_ node: YAMLNode, _ what: String) throws(TaskDeclarationError) -> DeclaredText {
        guard case .map = node.content else { return .text(try text(node, what)) }
        let keys = ["env", "file", "vault"]
        let map = try DeclarationMap(node, what, keys: keys)
        guard map.given(keys).count == 1 else {
            throw TaskDeclarationError(
                at: node.place, "\(what) says not once where it is: give one of env, file, vault.")
        }
        if let name = try map.text("env") { return .environment(name) }
        if let path = try map.text("file") { return .file(path) }
        return .vault(try map.text("vault") ?? "")
    }

    static func mismatch(_ node: YAMLNode, _ what: String, _ expected: String) -> TaskDeclarationError {
        TaskDeclarationError(at: node.place, "\(what) must be \(expected), not \(node.kind).")
    }
}
