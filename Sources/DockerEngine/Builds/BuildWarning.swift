import Foundation
import TaskModel

/// What newer builders found wrong without failing, as docker shows it with all there is to know.
struct BuildWarning {
    private static let rule = String(repeating: "-", count: 20)
    private static let mostLines = 40

    /// A line.
    let summary: String
    private let details: [String]
    private let url: String
    private let file: String
    private let lines: [String]
    /// Counted from 1.
    private let ranges: [ClosedRange<Int>]

    init(_ warning: WireVertexWarning) {
        summary = Self.text(warning.short)
        details = warning.detail.map(Self.text)
        url = warning.url.escapedForDisplay
        file = warning.info.filename.escapedForDisplay
        lines = String(decoding: warning.info.data, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        ranges = warning.ranges.compactMap { range in
            let start = Int(range.start.line)
            return start >= 1 ? start...max(start, Int(range.end.line)) : nil
        }
    }

    /// For the list at the end of a build.
    var text: String {
        var text = " - \(summary)\n" + details.map { "\($0)\n" }.joined()
        if !url.isEmpty { text += "More info: \(url)\n" }
        return text + excerpt
    }

    /// The lines that it is about, with those around.
    private var excerpt: String {
        guard let start = ranges.map(\.lowerBound).min(), let end = ranges.map(\.upperBound).max(), start <= lines.count
        else { return "" }
        let margin = start == end ? 2 : 1
        let last = min(end, start + Self.mostLines, lines.count)
        let shown = max(1, start - margin)...min(lines.count, last + margin)
        return "\(file):\(start)\n\(Self.rule)\n"
            + shown.map { number in
                let mark = ranges.contains { $0.contains(number) } ? ">>>" : "   "
                let column = String(number)
                let padding = String(repeating: " ", count: max(0, 3 - column.count))
                return " \(padding)\(column) | \(mark) \(lines[number - 1].escapedForDisplay)\n"
            }.joined() + Self.rule + "\n"
    }

    private static func text(_ bytes: Data) -> String { String(decoding: bytes, as: UTF8.self).escapedForDisplay }
}
