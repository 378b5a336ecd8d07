import Foundation
import TaskFiles
import TaskModel

/// Reads a line of `cmd`: by a policy that gives nothing, and by one that gives all.
func commandProblem(_ input: [UInt8]) -> String? {
    guard let graph = graph(of: input, as: "cmd") else { return nil }
    if let plan = planned(graph, PoolPolicy()), let step = plan.steps.first {
        guard case .container(let command) = step.work else { return "it has a shell without a permission" }
        if !step.needs.isEmpty { return "it needs \(step.needs) and is not refused" }
        if command.access.isPrivileged || command.networking.network == "host" { return "it reaches the host" }
        if !command.mounts.allSatisfy({ $0.path.hasPrefix("/") }) { return "a volume has a relative path" }
        guard case .container(let same)? = planned(graph, .allowingAll)?.steps.first?.work, same == command else {
            return "a policy that gives all reads something else"
        }
    }
    if case .shell(let command)? = planned(graph, .allowingAll)?.steps.first?.work,
        !command.script(runOptions: ["it's"]).hasPrefix("docker run 'it'\\''s' --env HOME=")
    {
        return "its script is no docker run"
    }
    return nil
}

/// Reads a line of `build`.
func buildLineProblem(_ input: [UInt8]) -> String? {
    guard let graph = graph(of: input, as: "build"), let plan = planned(graph, PoolPolicy()) else { return nil }
    guard case .build(let build)? = plan.steps.first?.work else { return "it is no build" }
    if build.network == .host { return "it reaches the host" }
    for secret in build.secrets {
        if case .file(let path) = secret.source, !path.hasPrefix("/") { return "a secret has a relative path" }
    }
    if !build.sshKeys.allSatisfy({ $0.files.allSatisfy { $0.hasPrefix("/") } }) { return "a key has a relative path" }
    guard case .folder(let folder) = build.context else { return nil }
    return folder.hasPrefix("/") && build.dockerfile?.hasPrefix("/") != false ? nil : "it has a relative path"
}

private func planned(_ graph: TaskGraph, _ policy: PoolPolicy) -> TaskPlan? {
    // Refusals are fine.
    try? TaskPlan(graph, policy: policy, sharedVolume: "volume")
}

/// A task of one step with that line. Nil if it is nothing that YAML can hold, or a template.
private func graph(of line: [UInt8], as property: String) -> TaskGraph? {
    let text = String(decoding: line, as: UTF8.self)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard !text.contains("{{"), let quoted = try? encoder.encode(text) else { return nil }
    let run = RunVariables(id: "ca1", registry: "r.example.com", date: Date(timeIntervalSince1970: 0))
    let file = "steps: [{\(property): \(String(decoding: quoted, as: UTF8.self))}]"
    return try? TaskGraph(try TaskFile(file, with: TemplateData(run: run)))
}
