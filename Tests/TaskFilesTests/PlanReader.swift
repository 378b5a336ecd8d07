import Foundation
import TaskModel

@testable import TaskFiles

/// Reads task files for tests, the volume behind the workspace being `shared`.
enum PlanReader {
    struct NotExpected: Error {}

    static let run = RunVariables(
        id: "cf1", registry: "myregistry.example.com", date: Date(timeIntervalSince1970: 1_709_622_489),
        sharedVolume: "shared")

    static func plan(_ text: String, allowing permissions: Set<StepPermission> = []) throws -> TaskPlan {
        try TaskPlan(
            try TaskGraph(try TaskFile(text, with: TemplateData(run: run))), policy: PoolPolicy(allowed: permissions),
            sharedVolume: run.sharedVolume)
    }

    /// A file of one step.
    ///
    /// - Parameter properties: more of the step, in YAML.
    static func plan(cmd line: String, _ properties: String = "", allowing permissions: Set<StepPermission> = []) throws
        -> TaskPlan
    {
        try plan(step("cmd", line, properties), allowing: permissions)
    }

    static func plan(build line: String, _ properties: String = "", allowing permissions: Set<StepPermission> = [])
        throws -> TaskPlan
    {
        try plan(step("build", line, properties), allowing: permissions)
    }

    private static func step(_ name: String, _ line: String, _ properties: String) -> String {
        let escaped = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        let rest = properties.split(separator: "\n").map { "    \($0)\n" }.joined()
        return "steps:\n  - \(name): \"\(escaped)\"\n" + rest
    }
}
