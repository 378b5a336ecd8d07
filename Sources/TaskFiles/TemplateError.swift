import TaskModel

/// Why a template was not rendered.
public enum TemplateError: Error, Equatable {
    /// It does not parse. `template` is the text as written.
    case syntax(template: String, reason: String)
    /// It parses, and asks for something that does not exist.
    case evaluation(template: String, reason: String)
    /// It asks for something that templates can do, but not yet here: `function 'upper'`.
    case unsupported(template: String, what: String)
    /// Nothing came out of it.
    case empty(template: String)
    /// More came out of it than may. `limit` is in bytes.
    case tooLarge(limit: Int)
}

extension TemplateError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .syntax(let template, let reason):
            "The template '\(template.shown)' can't be read: \(reason). Write it as in {{.Run.ID}}."
        case .evaluation(let template, let reason):
            "The template '\(template.shown)' can't be filled in: \(reason)."
        case .unsupported(let template, let what):
            "In the template '\(template.shown)', \(what) is not supported here yet. "
                + "Use plain variables such as {{.Run.ID}}."
        case .empty(let template):
            "The template '\(template.shown)' gives an empty text for this run. "
                + "Use a variable that has a value, such as {{.Run.ID}}."
        case .tooLarge(let limit):
            "Filled in, a template has more than \(limit) bytes. Put long texts into files of the context."
        }
    }
}

extension String {
    fileprivate var shown: String { String(escapedForDisplay.prefix(200)) }
}
