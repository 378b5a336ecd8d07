import Foundation
import TaskFiles
import TaskModel

extension TaskFileReport {
    /// The steps and what each waits for, the secrets that they need, and what a pool must allow.
    var lines: [String] {
        guard let task else { return [] }
        var lines = stepLines(task)
        if !secretLocations.isEmpty {
            lines += ["", "A run of it needs the secrets:"] + secretLocations.map { "  " + $0 }
        }
        if !permissions.isEmpty {
            lines += ["", "The pool must allow it: pools[].policy.allow: [\(permissions.joined(separator: ", "))]"]
            lines += (plan?.needs ?? []).map {
                "  \($0.permission.rawValue): \(mask.masked($0.what).escapedForDisplay)"
            }
        }
        if !notes.isEmpty { lines += [""] + notes }
        return lines
    }

    private func stepLines(_ task: LoadedTask) -> [String] {
        let steps = task.graph.steps
        guard !steps.isEmpty else { return ["It has no steps: a run of it succeeds and does nothing."] }
        return steps.map { step in
            let waits = step.dependencies.isEmpty ? "at once" : "after " + step.dependencies.joined(separator: ", ")
            return mask.masked("\(step.id)  \(waits)").escapedForDisplay + "  " + words(step.action)
        }
    }

    private func words(_ action: TaskGraph.Step.Action) -> String {
        let (kind, text) =
            switch action {
            case .command(let text): ("cmd", text)
            case .build(let text): ("build", text)
            case .push(let images): ("push", images.joined(separator: " "))
            }
        let line = mask.masked(text).split(whereSeparator: \.isNewline).joined(separator: " ").escapedForDisplay
        return "\(kind): \(line.count > 100 ? line.prefix(99) + "…" : line[...])"
    }

    /// The error with its place, the line of the file and a mark under the column.
    ///
    /// - Parameters:
    ///   - name: of the file.
    ///   - text: what is in it.
    func errorLines(name: String, text: String) -> [String] {
        guard let error else { return [] }
        let position = error.place.map { ":\($0.line):\($0.column)" } ?? ""
        var lines = ["\(name)\(position): \(error.reason) [\(error.code.rawValue)]".escapedForDisplay]
        let all = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard let place = error.place, all.indices.contains(place.line - 1) else { return lines }
        // Columns count characters of Unicode, of which a carriage return is one by itself.
        let scalars = Substring(all[place.line - 1]).unicodeScalars.prefix { $0 != "\r" }.prefix(200)
        func shown(_ scalars: some Collection<Unicode.Scalar>) -> String {
            String(String.UnicodeScalarView(scalars.map { $0 == "\t" ? " " : $0 })).escapedForDisplay
        }
        lines.append("  " + shown(scalars))
        if place.column <= scalars.count + 1 {
            let before = shown(scalars.prefix(place.column - 1)).count
            lines.append("  " + String(repeating: " ", count: before) + "^")
        }
        return lines
    }
}
