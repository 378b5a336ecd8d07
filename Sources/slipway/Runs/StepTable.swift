import Foundation
import ResourceAPI
import TaskModel

/// The steps of a run: a table whose first column is the ``StepGraph``, and below it what went wrong.
struct StepTable {
    static let columns = ["STEP", "TYPE", "STATUS", "STARTED", "DURATION", "EXIT", "TRIES"]

    private let steps: [RunStepProperties]
    private let start: Date?

    /// - Parameter start: when the run started.
    init(_ steps: [RunStepProperties], start: Date?) {
        self.steps = steps
        self.start = start
    }

    func text(isColored: Bool = false) -> String {
        let rows = zip(StepGraph(steps).lines, steps).map { line, step in [line] + cells(of: step) }
        let table = TextTable(columns: Self.columns, rows: rows).text(isColored: isColored)
        let messages = steps.compactMap(message)
        return table + (messages.isEmpty ? "" : "\n") + messages.map { $0 + "\n" }.joined()
    }

    private func cells(of step: RunStepProperties) -> [String] {
        let duration = step.startTime.flatMap { start in step.finishTime?.date.timeIntervalSince(start.date) }
        return [
            step.type ?? "", step.status ?? "", offset(of: step), duration.map(Self.brief) ?? "",
            step.exitCode.map(String.init) ?? "", step.launches.flatMap { $0 > 0 ? String($0) : nil } ?? "",
        ]
    }

    /// How long after the run the step began.
    private func offset(of step: RunStepProperties) -> String {
        guard let begun = step.startTime else { return "" }
        return start.map { "+" + Self.brief(begun.date.timeIntervalSince($0)) } ?? begun.shortDescription
    }

    private func message(of step: RunStepProperties) -> String? {
        // Agents begin as the reference does, which says twice which step it is.
        guard let message = step.errorMessage?.trimmingPrefix("failed to run step ID: \(step.id): ") else { return nil }
        let isIgnored = step.status == StepResult.Status.successful.rawValue
        return "Step \(step.id.escapedForDisplay) failed\(isIgnored ? ", which is ignored" : ""): "
            + String(message).escapedForDisplay
    }

    private static func brief(_ seconds: TimeInterval) -> String {
        // Times come from a server.
        Duration.seconds(Int64(min(max(0, seconds), 1e9))).brief
    }
}
