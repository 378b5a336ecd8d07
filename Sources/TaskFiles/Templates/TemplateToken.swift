/// A word of a template.
struct TemplateToken {
    enum Kind: Equatable {
        /// What is outside of actions.
        case text
        case leftDelimiter, rightDelimiter
        /// White space inside of an action; it separates arguments.
        case space
        case assign, declare, pipe, comma
        /// Any other character of ASCII.
        case character
        case leftParenthesis, rightParenthesis
        case string, rawString, characterConstant, number
        case dot
        /// `.Name`, `$name`
        case field, variable
        case identifier, bool, null, keyword
        case end
    }

    let kind: Kind
    /// In bytes.
    let range: Range<Int>
}
