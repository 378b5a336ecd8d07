import Foundation
import ResourceAPI
import TaskModel

/// How the triggers of a task stand: a table for each kind that it has.
struct TriggerTables {
    private let state: TriggerStateProperties
    private let schedules: [String: TimerTriggerProperties]

    init?(_ task: TaskProperties) {
        guard let state = task.triggerState else { return nil }
        self.state = state
        schedules = Dictionary(
            (task.trigger?.timerTriggers ?? []).compactMap { timer in timer.name.map { ($0, timer) } },
            uniquingKeysWith: { first, _ in first })
    }

    func text(isColored: Bool = false) -> String {
        ([timers(isColored), images(isColored), sources(isColored)] + hooksToMake()).compactMap(\.self)
            .joined(separator: "\n")
    }

    private func timers(_ isColored: Bool) -> String? {
        guard let timers = state.timers, !timers.isEmpty else { return nil }
        let table = TextTable(
            columns: ["TIMER", "SCHEDULE", "NEXT", "LAST", "LAST RUN"],
            rows: timers.map { timer in
                let schedule = timer.name.flatMap { schedules[$0] }
                return [
                    timer.name ?? "",
                    [schedule?.schedule, schedule?.timeZone ?? "UTC"].compactMap(\.self).joined(separator: " "),
                    time(timer.nextOccurrences?.first), time(timer.lastOccurrence), timer.lastRunId ?? "",
                ]
            })
        return table.text(isColored: isColored)
            + notes(timers.map { ($0.name, $0.note) })
    }

    private func images(_ isColored: Bool) -> String? {
        let problem = notes([("Base images", state.baseImageProblem)])
        guard let images = state.baseImages, !images.isEmpty else { return problem.isEmpty ? nil : problem }
        let table = TextTable(
            columns: ["BASE IMAGE", "DIGEST SEEN", "USE", "KNOWN FROM", "LAST CHECK", "NEXT CHECK"],
            rows: images.map { image in
                [
                    image.image ?? "", image.digest ?? "not seen yet", image.use ?? "", image.origin ?? "",
                    time(image.lastCheckTime), time(image.nextCheckTime),
                ]
            })
        return table.text(isColored: isColored)
            + notes(images.map { ($0.image, $0.problem) }) + problem
    }

    private func sources(_ isColored: Bool) -> String? {
        guard let sources = state.sources, !sources.isEmpty else { return nil }
        let table = TextTable(
            columns: ["SOURCE TRIGGER", "FORGE", "HOOK", "LAST DELIVERY", "LAST LOOK", "NEXT LOOK"],
            rows: sources.map { source in
                [
                    source.name ?? "", source.forge ?? "", source.hook?.status ?? "none",
                    time(source.hook?.lastDeliveryTime), time(source.polling?.lastTime), time(source.polling?.nextTime),
                ]
            })
        return table.text(isColored: isColored)
            + notes(sources.flatMap { [($0.name, $0.hook?.problem), ($0.name, $0.polling?.problem)] })
    }

    /// What to paste at a forge that has no hook yet.
    private func hooksToMake() -> [String] {
        (state.sources ?? []).compactMap { source in
            guard let hook = source.hook, hook.status != "installed", let url = hook.url else { return nil }
            let secret = hook.secret.map { "\n  Secret: \($0.value.escapedForDisplay)" } ?? ""
            return "To have \(source.forge ?? "the forge") tell of commits at once, make a webhook there:\n"
                + "  URL:    \(url.escapedForDisplay)\(secret)\n"
        }
    }

    private func notes(_ notes: [(name: String?, text: String?)]) -> String {
        notes.compactMap { note in note.text.map { "\(note.name ?? ""): \($0)".escapedForDisplay + "\n" } }.joined()
    }

    private func time(_ time: Timestamp?) -> String {
        time?.date.formatted(.iso8601) ?? ""
    }
}
