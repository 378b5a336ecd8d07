/// A text from elsewhere, fit for one line of a log or an error: control characters are shown as `?`, and what is
/// longer than 500 characters is cut.
func printable(_ text: some StringProtocol) -> String {
    let limit = 500
    let shown = text.unicodeScalars.prefix(limit).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : String($0) }
        .joined()
    return text.unicodeScalars.count > limit ? shown + "…" : shown
}
