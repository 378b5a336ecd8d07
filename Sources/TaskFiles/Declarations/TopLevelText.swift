/// Finds the text of `steps` in a declaration: what a task file is made of are lines, with templates and aliases, so they are taken as they
/// stand.
enum TopLevelText {
    /// The lines of the key `steps` as a task file of their own.
    ///
    /// - Throws: ``TaskDeclarationError`` if it doesn't begin a line, as in `{name: a, steps: []}`.
    static func steps(of map: DeclarationMap, in text: String) throws(TaskDeclarationError) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let node = map["steps"] else { return "" }
        // The value stands on the line of the key, or below it.
        guard
            let first = lines.indices.prefix(node.place.line).last(where: { lines[$0].hasPrefix("steps:") }),
            lines[first...].prefix(node.place.line - first).dropFirst().allSatisfy({ isInside($0) })
        else {
            throw TaskDeclarationError(
                at: node.place, "'steps' must begin a line of its own, with what belongs to it below.")
        }
        let end = lines[(first + 1)...].firstIndex { !isInside($0) } ?? lines.endIndex
        var section = Array(lines[first..<end])
        // Comments there are about what comes next.
        while let last = section.last, last.allSatisfy(\.isWhitespace) || last.hasPrefix("#") { section.removeLast() }
        return "version: v1.1.0\n" + section.joined(separator: "\n") + "\n"
    }

    /// Whether a line goes on with the value of a key that begins a line.
    private static func isInside(_ line: Substring) -> Bool {
        guard let first = line.first else { return true }
        return first.isWhitespace || first == "#" || line == "-" || line.hasPrefix("- ")
    }
}
