import Foundation
import ResourceAPI

/// What made a run, in words; nothing for one that somebody asked for.
struct TriggerLines {
    let lines: [String]

    init(_ run: RunProperties) {
        var lines: [String] = []
        if let event = run.sourceTrigger { lines.append("Trigger: " + Self.text(of: event)) }
        if let timer = run.timerTrigger {
            lines.append("Trigger: timer \(timer.timerTriggerName ?? ""), due at \(timer.scheduleOccurrence ?? "")")
        }
        if let update = run.imageUpdateTrigger {
            let images = (update.images ?? []).map { image in
                let name = [image.registry, image.repository].compactMap(\.self).joined(separator: "/")
                return "\(name):\(image.tag ?? "") is now \(image.digest ?? "")"
            }
            lines.append("Trigger: " + images.joined(separator: ", "))
        }
        if run.isRestricted == true {
            lines.append("Restricted: it comes from a fork, so it gets no secrets and pushes nothing.")
        }
        self.lines = lines
    }

    private static func text(of event: SourceTrigger) -> String {
        let place = event.branchName ?? event.ref ?? ""
        let title = event.title.map { ": " + $0 } ?? ""
        if let number = event.pullRequestId { return "pull request \(number) for \(place)" + title }
        return "commit on \(place)" + title
    }
}
