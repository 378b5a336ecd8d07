/// Names for the containers of steps: the id where docker takes it, else one much like it.
struct StepNames: Sendable {
    private let names: [String: String]

    /// - Parameter ids: each once.
    init(_ ids: [String]) {
        var names: [String: String] = [:]
        var taken = Set(ids)
        for id in ids {
            var name = Self.allowed(id)
            if name != id {
                while taken.contains(name) { name += "_" }
                taken.insert(name)
            }
            names[id] = name
        }
        self.names = names
    }

    subscript(id: String) -> String { names[id] ?? Self.allowed(id) }

    private static func allowed(_ id: String) -> String {
        String(
            id.prefix(100).map { $0.isASCII && ($0.isLetter || $0.isNumber) || "_.-".contains($0) ? $0 : "_" })
    }
}
