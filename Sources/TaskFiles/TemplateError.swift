import TaskModel

/// Why a template was not rendered. `template` is the text as written, `at` a place in it in bytes of UTF-8.
public enum TemplateError: Error, Equatable {
    /// It does not parse.
    case syntax(template: String, at: Int?, reason: String)
    /// It parses, and asks for something that does not exist or can't be done.
    case evaluation(template: String, at: Int?, reason: String)
    /// It asks for something that templates can do, but not here: `the function 'htpasswd'`.
    case unsupported(template: String, at: Int?, what: String)
    /// Nothing came out of it.
    case empty(template: String)
    /// More came out of it than may. `limit` is in bytes.
    case tooLarge(limit: Int)
    /// It takes more steps than it may: loops in loops, or functions with long texts.
    case tooMuchWork

    init(_ failure: TemplateFailure, template: String) {
        self =
            switch failure.kind {
            case .syntax: .syntax(template: template, at: failure.offset, reason: failure.reason)
            case .evaluation: .evaluation(template: template, at: failure.offset, reason: failure.reason)
            case .unsupported: .unsupported(template: template, at: failure.offset, what: failure.reason)
            case .tooLarge: .tooLarge(limit: Template.maxBytes)
            case .tooMuchWork: .tooMuchWork
            }
    }

    /// Where in the template it is, in bytes of UTF-8; nil where that isn't known.
    var offset: Int? {
        switch self {
        case .syntax(_, let offset, _), .evaluation(_, let offset, _), .unsupported(_, let offset, _): offset
        case .empty, .tooLarge, .tooMuchWork: nil
        }
    }
}

extension TemplateError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .syntax(let template, let offset, let reason):
            "The template '\(template.shown)' can't be read\(Self.place(offset)): \(reason). "
                + "Write it as in {{ .Run.ID }} or {{ upper .Run.ID }}."
        case .evaluation(let template, let offset, let reason):
            "The template '\(template.shown)' can't be filled in\(Self.place(offset)): \(reason)."
        case .unsupported(let template, let offset, let what):
            "In the template '\(template.shown)'\(Self.place(offset)), \(what) is not supported here. Leave it out, and "
                + "give what it would make as a value or a secret."
        case .empty(let template):
            "The template '\(template.shown)' gives an empty text for this run. "
                + "Use a variable that has a value, such as {{.Run.ID}}."
        case .tooLarge(let limit):
            "Filled in, a template has more than \(limit) bytes. Put long texts into files of the context."
        case .tooMuchWork:
            "A template takes too long to fill in. Use fewer and shorter loops in it, and shorter texts."
        }
    }

    private static func place(_ offset: Int?) -> String { offset.map { " at byte \($0 + 1)" } ?? "" }
}

extension String {
    fileprivate var shown: String { String(escapedForDisplay.prefix(200)) }
}
