import Foundation
import ResourceAPI

/// A run in a table, with the columns of `az acr task list-runs`.
enum RunRow {
    static let columns = ["RUN ID", "TASK", "PLATFORM", "STATUS", "TRIGGER", "STARTED", "DURATION"]

    static func cells(of run: RunResource) -> [String] {
        let run = run.properties ?? RunProperties()
        return [
            run.runId ?? "", run.task ?? "", run.platform?.os ?? "", run.status ?? "", trigger(of: run),
            run.startTime?.shortDescription ?? "", duration(of: run),
        ]
    }

    private static func trigger(of run: RunProperties) -> String {
        if let event = run.sourceTrigger?.eventType { return event }
        if run.timerTrigger != nil { return "Timer" }
        return run.imageUpdateTrigger != nil ? "Image Update" : "Manual"
    }

    /// `hh:mm:ss`, empty while the run goes on.
    private static func duration(of run: RunProperties) -> String {
        guard let start = run.startTime?.date, let finish = run.finishTime?.date else { return "" }
        let seconds = max(0, Int(finish.timeIntervalSince(start)))
        return [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(
            separator: ":")
    }
}
