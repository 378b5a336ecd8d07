/// Why rendering stopped, without the template around it.
struct TemplateFailure: Error {
    enum Kind {
        case syntax, evaluation, unsupported, tooLarge, tooMuchWork
    }

    let kind: Kind
    /// A clause: `there is no function 'x'`; of `unsupported` what it is: `function 'x'`.
    let reason: String
    /// Where in the template, in bytes; nil while that isn't known.
    var offset: Int?

    init(_ kind: Kind, at offset: Int? = nil, _ reason: String) {
        self.kind = kind
        self.offset = offset
        self.reason = reason
    }
}
