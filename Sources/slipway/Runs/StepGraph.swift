import ResourceAPI
import TaskModel

/// A picture of which step of a run waits for which: a line for each, in the order of the task file.
///
/// ```
/// ●   fetch
/// ├─● test      test waits for fetch
/// ○ │ lint      so does lint, which goes on in the place of fetch
/// ○─╯ push      push waits for both
/// ```
///
/// A mark that stands right under another, or under a line, is connected with it; what is not leaves a row between. The
/// mark says how far the step is: `○` waits, `◐` runs, `●` is done, `✗` has failed, `◌` was stopped or never began. What
/// follows anyway is not drawn: a step that waits for another, and also for what that one waits for.
struct StepGraph {
    private static let longestID = 40

    /// By row, the columns up to the mark of the step and beyond.
    private var cells: [[Character]] = []
    /// By column, the step whose line runs down there.
    private var lanes: [Int?] = []
    /// By column, the row in which its line ended last.
    private var ends: [Int] = []
    private let ids: [String]

    init(_ steps: [RunStepProperties]) {
        ids = steps.map(\.id)
        let rows = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { first, _ in first })
        // Only steps above can be waited for.
        let dependencies = Self.needed(
            steps.indices.map { row in
                Set((steps[row].dependsOn ?? []).compactMap { rows[$0] }.filter { $0 < row })
            })
        var waiting = dependencies.reduce(into: Array(repeating: 0, count: steps.count)) { counts, rows in
            for row in rows { counts[row] += 1 }
        }
        for (row, step) in steps.enumerated() {
            for dependency in dependencies[row] { waiting[dependency] -= 1 }
            add(row, mark: Self.mark(of: step), after: dependencies[row], waiting: waiting)
        }
    }

    /// Each with the picture at its left and the step's id at its right.
    var lines: [String] {
        let width = 2 * lanes.count - 1
        return zip(cells, ids).map { cells, id in
            let picture = String(cells) + String(repeating: " ", count: max(0, width - cells.count))
            let isLong = id.count > Self.longestID
            return picture + " " + (isLong ? id.prefix(Self.longestID - 1) + "…" : id)
        }
    }

    /// Without those that others of them imply.
    private static func needed(_ dependencies: [Set<Int>]) -> [Set<Int>] {
        var implied: [Set<Int>] = []
        for rows in dependencies {
            implied.append(rows.reduce(into: []) { $0.formUnion(implied[$1].union(dependencies[$1])) })
        }
        return zip(dependencies, implied).map { $0.subtracting($1) }
    }

    /// - Parameter waiting: how many steps below this row wait for each.
    private mutating func add(_ row: Int, mark: Character, after dependencies: Set<Int>, waiting: [Int]) {
        let sources = lanes.indices.filter { lanes[$0].map(dependencies.contains) ?? false }
        let column = sources.first { waiting[lanes[$0] ?? row] == 0 } ?? freeColumn(at: row, from: sources.first)
        let touched = sources + [column]
        let span = (touched.min() ?? column)...(touched.max() ?? column)

        var line: [Character] = []
        for lane in lanes.indices {
            if lane > 0 { line.append(span.contains(lane - 1) && span.contains(lane) ? "─" : " ") }
            if lane == column {
                line.append(mark)
            } else if let source = lanes[lane] {
                let isTouched = dependencies.contains(source)
                line.append(isTouched ? Self.joint(at: lane, of: span, goesOn: waiting[source] > 0) : "│")
            } else {
                line.append(span.contains(lane) ? "─" : " ")
            }
        }
        cells.append(line)

        for lane in sources where waiting[lanes[lane] ?? row] == 0 { end(lane, at: row) }
        if waiting[row] > 0 { lanes[column] = row } else { end(column, at: row) }
    }

    private mutating func end(_ lane: Int, at row: Int) {
        lanes[lane] = nil
        ends[lane] = row
    }

    /// A column without a line, neither in this row nor in the one above, so that nothing seems connected that is not.
    private mutating func freeColumn(at row: Int, from first: Int?) -> Int {
        let free = lanes.indices.first { $0 >= first ?? 0 && lanes[$0] == nil && ends[$0] < row - 1 }
        if let free { return free }
        lanes.append(nil)
        ends.append(-2)
        return lanes.count - 1
    }

    /// Where a line from above meets that to a step.
    private static func joint(at lane: Int, of span: ClosedRange<Int>, goesOn: Bool) -> Character {
        switch (lane > span.lowerBound, lane < span.upperBound, goesOn) {
        case (true, true, true): "┼"
        case (true, true, false): "┴"
        case (true, false, true): "┤"
        case (true, false, false): "╯"
        case (false, _, true): "├"
        case (false, _, false): "╰"
        }
    }

    private static func mark(of step: RunStepProperties) -> Character {
        switch step.status.flatMap(StepResult.Status.init(rawValue:)) {
        case .waiting, nil: "○"
        case .running: "◐"
        case .successful: "●"
        case .failed: "✗"
        case .interrupted, .skipped: "◌"
        }
    }
}
