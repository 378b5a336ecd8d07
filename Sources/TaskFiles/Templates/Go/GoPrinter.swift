/// Values as text, as `%v` of Go's package fmt has them, and other ways of printf.
struct GoPrinter {
    /// The most levels of lists and maps in a value: a map can be put into itself.
    static let maxDepth = 64

    let work: TemplateWork
    var output = ByteString([])

    /// What `{{ value }}` shows: nothing for what is not there.
    static func shown(_ value: GoValue, _ work: TemplateWork) throws -> ByteString {
        value.isNull ? "" : try printed(value, work)
    }

    static func printed(_ value: GoValue, _ work: TemplateWork) throws -> ByteString {
        if case .string(let text) = value { return text }
        var printer = GoPrinter(work: work)
        try printer.print(value)
        return printer.output
    }

    private init(work: TemplateWork) { self.work = work }

    private mutating func print(_ value: GoValue, depth: Int = 0) throws {
        guard depth < Self.maxDepth else {
            throw TemplateFailure(.evaluation, "a value holds itself, or has more than \(Self.maxDepth) levels")
        }
        try work.spend(2)
        switch value {
        case .null: output.append("<nil>")
        case .bool(let value): output.append(value ? "true" : "false")
        case .int(let value, let type):
            output.append(type.isUnsigned ? String(UInt(bitPattern: value)) : String(value))
        case .double(let value): output.append(GoNumber.printed(value))
        case .string(let text):
            try work.spend(bytes: output.count + text.count, times: output.count + text.count > 1 << 16 ? 1 : 0)
            output.append(text)
        case .list(let items, _, _):
            output.append("[")
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(" ") }
                try print(item, depth: depth + 1)
            }
            output.append("]")
        case .map(let map):
            output.append("map[")
            for (index, entry) in map.sorted.enumerated() {
                output.append(index > 0 ? " " : "")
                output.append(entry.key)
                output.append(":")
                try print(entry.value, depth: depth + 1)
            }
            output.append("]")
        case .time(let time): output.append(time.description)
        case .version(let version): output.append(version.description)
        }
    }
}
