/// A value that templates can show: of a file of values, or given for the run.
public enum TemplateValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    /// More than an `Int` can be.
    case unsigned(UInt)
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
                case .unsigned(let value): .unsigned(value)
                case .double(let value): .double(value)
                case .string(let value): .string(value)
                }
        }
    }
}
