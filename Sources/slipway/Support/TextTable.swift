import TaskModel

/// Rows and columns for the eye: a heading, a rule, and cells padded to the widest of their column.
struct TextTable {
    let columns: [String]
    let rows: [[String]]

    /// Lines without blanks at their ends.
    func text(isColored: Bool = false) -> String {
        let cells = rows.map { $0.map { Cell($0) } }
        let widths = columns.indices.map { column in
            cells.reduce(columns[column].count) { max($0, $1[column].plain.count) }
        }
        var lines = [
            line(columns.map { Cell($0) }, widths, isColored: false),
            line(widths.map { Cell(String(repeating: "-", count: $0)) }, widths, isColored: false),
        ]
        lines += cells.map { line($0, widths, isColored: isColored) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func line(_ cells: [Cell], _ widths: [Int], isColored: Bool) -> String {
        var result = ""
        for (cell, width) in zip(cells, widths) {
            result +=
                (isColored ? cell.colored : cell.plain) + String(repeating: " ", count: width - cell.plain.count + 2)
        }
        while result.last == " " { result.removeLast() }
        return result
    }

    /// A cell; one that holds a status has a colour.
    private struct Cell {
        let plain: String

        init(_ text: String) {
            plain = text.escapedForDisplay
        }

        var colored: String {
            let code = RunStatus(rawValue: plain)?.color ?? StepResult.Status(rawValue: plain)?.color
            return code.map { "\u{1B}[\($0)m\(plain)\u{1B}[0m" } ?? plain
        }
    }
}

extension RunStatus {
    fileprivate var color: String? {
        switch self {
        case .succeeded: "32"
        case .failed, .error, .timeout: "31"
        case .canceled: "33"
        case .started, .running: "36"
        case .queued: nil
        }
    }
}

extension StepResult.Status {
    fileprivate var color: String? {
        switch self {
        case .successful: "32"
        case .failed: "31"
        case .interrupted: "33"
        case .running: "36"
        case .waiting, .skipped: nil
        }
    }
}
