/// The grammar of labels.
public enum AgentLabels {
    /// Whether a text can be a label's name or value: 1 to 63 letters, digits, `-`, `_`, `.` and `/`.
    public static func isPart(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) }
    }
}
