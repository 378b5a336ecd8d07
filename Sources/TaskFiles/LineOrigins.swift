/// Where the lines of a text came out of, once aliases and templates were filled in.
struct LineOrigins {
    private let lines: [ArraySlice<UInt8>]
    private let origins: [TaskFileLines.Line]
    /// How many lines from the first are known to be in step with ``origins``.
    private let known: Int

    /// - Parameter origins: for each line of the text the line of the file; it may be longer or shorter.
    init(of text: String, _ origins: [TaskFileLines.Line]) {
        lines = Array(text.utf8).lines
        self.origins = origins
        known = origins.count
    }

    private init(lines: [ArraySlice<UInt8>], _ origins: [TaskFileLines.Line], known: Int) {
        self.lines = lines
        self.origins = origins
        self.known = known
    }

    /// Those of what templates in the text made of it. If they changed how many lines it has, only the first lines are
    /// known, up to the first that is another.
    func rendered(_ text: String) -> LineOrigins {
        let rendered = Array(text.utf8).lines
        let same = zip(lines, rendered).prefix { $0 == $1 }.count
        return LineOrigins(
            lines: rendered, origins, known: rendered.count == lines.count ? origins.count : min(same + 1, known))
    }

    /// The place in the file of a place in the text; nil if it isn't known. Its column is 1 where the line begins
    /// otherwise in the file.
    func place(_ place: TextPlace) -> TextPlace? {
        let index = place.line - 1
        guard index < known, origins.indices.contains(index) else { return nil }
        let origin = origins[index]
        let begin = lines.indices.contains(index) ? Self.begin(of: lines[index], to: place.column) : []
        return TextPlace(line: origin.number, column: origin.bytes.starts(with: begin) ? place.column : 1)
    }

    /// What is before a column.
    private static func begin(of line: ArraySlice<UInt8>, to column: Int) -> ArraySlice<UInt8> {
        var left = column
        // Bytes that go on with a character are none by themselves.
        return line.prefix { byte in
            if byte & 0xc0 != 0x80 { left -= 1 }
            return left > 0
        }
    }
}

extension TextPlace {
    /// - Parameter offset: in bytes of UTF-8.
    init(byte offset: Int, of text: String) {
        let before = text.utf8.prefix(offset)
        let start = before.lastIndex(of: 0x0a).map { text.utf8.index(after: $0) } ?? text.utf8.startIndex
        self.init(line: before.count { $0 == 0x0a } + 1, column: before[start...].count { $0 & 0xc0 != 0x80 } + 1)
    }
}
