import Foundation
public import TaskModel

extension TaskFileRequest {
    /// Looks whether a task file that stands in the request can be carried out, as far as that can be told before its
    /// run begins. One in a context is not looked at.
    ///
    /// - Parameter registry: the login server of the run's registry.
    /// - Throws: ``TaskFileError``.
    public func check(registry: String) throws(TaskFileError) {
        guard case .content(let text) = taskFile else { return }
        var file: String?
        switch valuesFile {
        case .content(let text): file = text.value
        case .path: return
        case nil: break
        }
        // What the run alone knows: texts of the same kind.
        let run = RunVariables(
            id: "ca1", registry: registry, date: Date(timeIntervalSince1970: 0), os: platform.os,
            architecture: platform.architecture ?? "amd64", commit: String(repeating: "0", count: 40), branch: "main",
            gitTag: "v1", repository: "repository", triggeredBy: "Manual", taskName: "task", sharedVolume: "workspace")
        let data = try TemplateData(
            run: run, valuesFile: file, overrides: values.map { ($0.name, $0.value.value) })
        _ = try TaskPlan(
            try TaskGraph(try TaskFile(text.value, with: data)), policy: PoolPolicy(), sharedVolume: run.sharedVolume)
    }
}
