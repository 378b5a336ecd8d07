/// A value that templates can show: of a file of values, or given for the run.
public enum TemplateValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([TemplateValue])
    case map([String: TemplateValue])

    init(_ node: YAMLNode) {
        switch node.content {
        case .list(let items): self = .list(items.map(TemplateValue.init))
        case .map(let entries):
            self = .map(Dictionary(entries.map { ($0.key, TemplateValue($0.value)) }) { _, last in last })
        case .scalar:
            self =
                switch node.scalar {
                case .null, nil: .null
                case .bool(let value): .bool(value)
                case .int(let value): .int(value)
                case .double(let value): .double(value)
                case .string(let value): .string(value)
                }
        }
    }

    /// As Go's templates print it; nothing for null, as in ACR Tasks.
    var printed: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): Self.printed(value)
        case .string(let value): value
        case .list(let items): "[" + items.map(\.printed).joined(separator: " ") + "]"
        case .map(let entries):
            "map["
                + entries.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.printed)" }.joined(separator: " ")
                + "]"
        }
    }

    /// The shortest digits that give the number back, with an exponent below 1e-4 and from 1e21 on (`%v` of Go's fmt).
    private static func printed(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
        guard number != 0 else { return number.sign == .minus ? "-0" : "0" }
        let parts = "\(number.magnitude)".split(separator: "e")
        let digits = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = digits[0]
        let fraction = digits.count > 1 && digits[1] != "0" ? digits[1] : ""
        // The value is 0.DIGITS times ten to the power of `point`.
        let leading = (whole + fraction).prefix { $0 == "0" }.count
        var significant = String((whole + fraction).dropFirst(leading))
        while significant.last == "0" { significant.removeLast() }
        let point = whole.count - leading + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        let sign = number < 0 ? "-" : ""
        if point < -3 || point > 21 {
            let mantissa = significant.prefix(1) + (significant.count > 1 ? "." + significant.dropFirst() : "")
            let exponent = abs(point - 1)
            return sign + mantissa + "e" + (point > 0 ? "+" : "-") + (exponent < 10 ? "0" : "") + String(exponent)
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + significant }
        if significant.count <= point {
            return sign + significant + String(repeating: "0", count: point - significant.count)
        }
        return sign + significant.prefix(point) + "." + significant.dropFirst(point)
    }
}

/// What templates can ask for: `.Run`, `.Values` and `.Secrets`.
public struct TemplateData: Sendable, Hashable {
    public var run: RunVariables
    public var values: [String: TemplateValue]
    /// Of vaults, by id.
    public var secrets: [String: String] = [:]

    public init(run: RunVariables, values: [String: TemplateValue] = [:]) {
        self.run = run
        self.values = values
    }

    /// Reads a file of values and lays others over it, key by key. The later of two of the same name counts; names are
    /// no paths.
    ///
    /// - Parameter file: YAML; nil without one.
    /// - Throws: ``TaskFileError`` of the stage `yaml`.
    public init(run: RunVariables, valuesFile file: String?, overrides: [(name: String, value: String)])
        throws(TaskFileError)
    {
        self.run = run
        values = try file.map(Self.read) ?? [:]
        for (name, value) in overrides { values[name] = .string(value) }
    }

    private static func read(_ file: String) throws(TaskFileError) -> [String: TemplateValue] {
        guard file.utf8.count <= TaskFileLines.maxBytes else {
            throw TaskFileError(
                .tooComplex,
                "The file of values has \(file.utf8.count) bytes, over the limit of \(TaskFileLines.maxBytes).")
        }
        do throws(TaskFileError) {
            guard let root = try YAMLDocument(file).root else { return [:] }
            switch TemplateValue(root) {
            case .map(let entries): return entries
            case .null: return [:]
            default: throw YAMLProperties.mismatch(root, "All of it", "a map")
            }
        } catch {
            // Places are those of the task file.
            let place = error.place.map { ", line \($0.line), column \($0.column)" } ?? ""
            throw TaskFileError(error.code, "In the file of values\(place): \(error.reason)")
        }
    }
}
