/// The names of variables in force, and where in the frame they are.
struct TemplateVariables {
    private var names = ["$"]
    private var places = ["$": [0]]

    var count: Int { names.count }

    mutating func add(_ name: String) -> Int {
        places[name, default: []].append(names.count)
        names.append(name)
        return names.count - 1
    }

    /// The latest of a name counts.
    func place(of name: String) -> Int? { places[name]?.last }

    mutating func remove(from place: Int) {
        while names.count > place, let name = names.popLast() { _ = places[name]?.popLast() }
    }
}
