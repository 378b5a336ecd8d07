extension TaskFile {
    /// The text of a task file, of a file of values or of one of aliases.
    ///
    /// - Parameter what: what it is, where that is no task file: `the file of values`.
    /// - Throws: ``TaskFileError`` with `yaml-syntax` if it is not UTF-8.
    public static func text(of bytes: [UInt8], _ what: String? = nil) throws(TaskFileError) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let line = bytes.lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 } ?? 1
        // Places are those of the task file.
        throw TaskFileError(
            .yamlSyntax, at: what == nil ? TextPlace(line: line, column: 1) : nil,
            (what.map { "Line \(line) of \($0)" } ?? "This line")
                + " has bytes that are no UTF-8. Save the file in that encoding.")
    }
}
