import Foundation
import TaskFiles
import TaskModel

/// Reads a task file, to the commands of its steps.
func taskFileProblem(_ input: [UInt8]) -> String? {
    let parts = input.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    let text = String(decoding: parts[0], as: UTF8.self)
    let values = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : nil
    let run = RunVariables(
        id: "ca1", registry: "registry.example.com", date: Date(timeIntervalSince1970: 0), commit: "0123abc",
        branch: "main", sharedVolume: "volume")
    do throws(TaskFileError) {
        let data = try TemplateData(run: run, valuesFile: values, overrides: [("a", "b")])
        let graph = try TaskGraph(try TaskFile(text, with: data))
        if let problem = orderProblem(graph) { return problem }
        return planProblem(try TaskPlan(graph, policy: PoolPolicy(), sharedVolume: run.sharedVolume))
    } catch {
        guard let place = error.place else { return nil }
        // What YAML 1.1 takes for line breaks (section 5.4).
        let lines = text.unicodeScalars.count { "\n\r\u{85}\u{2028}\u{2029}".unicodeScalars.contains($0) } + 1
        return (1...(lines + 1)).contains(place.line) && place.column > 0 ? nil : "\(error) is outside of the file"
    }
}

private func orderProblem(_ graph: TaskGraph) -> String? {
    var above: Set<String> = []
    for step in graph.steps {
        if !above.isSuperset(of: step.dependencies) { return "\(step.id) waits for a step that comes later" }
        if !above.insert(step.id).inserted { return "there are two steps \(step.id)" }
        if step.timeout <= .zero || step.retries < 0 { return "\(step.id) has impossible numbers" }
    }
    return nil
}

private func planProblem(_ plan: TaskPlan) -> String? {
    for step in plan.steps {
        switch step.work {
        case .container(let command):
            if command.networking.network == "host" || step.step.isPrivileged { return "\(step.id) reaches the host" }
            if command.workingDirectory?.hasPrefix("/") == false, !step.step.keepsImageWorkingDirectory,
                command.workingDirectory == ContainerCommand.folder(step.step.workingDirectory ?? "")
            {
                return "\(step.id) has a relative working directory"
            }
        case .build(let build):
            guard case .folder(let folder) = build.context else { continue }
            if !folder.hasPrefix("/") || build.dockerfile?.hasPrefix("/") == false {
                return "\(step.id) has a relative path"
            }
        case .shell: return "\(step.id) has a shell without a permission"
        case .push: break
        }
    }
    return nil
}
