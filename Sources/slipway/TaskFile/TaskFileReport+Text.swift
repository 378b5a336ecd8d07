import Foundation
import TaskFiles
import TaskModel

extension TaskFileReport {
    /// The steps and what each waits for, and what a pool must allow.
    var lines: [String] {
        guard let task else { return [] }
        let steps = task.graph.steps
        guard !steps.isEmpty else { return ["It has no steps: a run of it succeeds and does nothing."] }
        var lines = steps.map { step in
            let waits = step.dependencies.isEmpty ? "at once" : "after " + step.dependencies.joined(separator: ", ")
            return "\(step.id.escapedForDisplay)  \(waits.escapedForDisplay)  \(Self.words(step.action))"
        }
        if !permissions.isEmpty {
            lines += ["", "The pool must allow it: pools[].policy.allow: [\(permissions.joined(separator: ", "))]"]
            lines += (plan?.needs ?? []).map { "  \($0.permission.rawValue): \($0.what.escapedForDisplay)" }
        }
        return lines
    }

    private static func words(_ action: TaskGraph.Step.Action) -> String {
        let (kind, text) =
            switch action {
            case .command(let text): ("cmd", text)
            case .build(let text): ("build", text)
            case .push(let images): ("push", images.joined(separator: " "))
            }
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").escapedForDisplay
        return "\(kind): \(line.count > 100 ? line.prefix(99) + "…" : line[...])"
    }

    /// The error with its place, the line of the file and a mark under the column.
    ///
    /// - Parameters:
    ///   - name: of the file.
    ///   - text: what is in it.
    func errorLines(name: String, text: String) -> [String] {
        guard let error else { return [] }
        guard let place = error.place else { return ["\(name): \(error.reason) [\(error.code.rawValue)]"] }
        var lines = ["\(name):\(place.line):\(place.column): \(error.reason) [\(error.code.rawValue)]"]
        let all = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard all.indices.contains(place.line - 1) else { return lines }
        let line = String(all[place.line - 1].prefix(200).map { $0 == "\t" ? " " : $0 })
        lines.append("  " + line.escapedForDisplay)
        if place.column <= line.count + 1 {
            lines.append("  " + String(repeating: " ", count: place.column - 1) + "^")
        }
        return lines
    }
}
