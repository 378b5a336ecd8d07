import Foundation
import TaskFiles
import TaskModel
import TestSupport
import Testing

@testable import slipway

/// The cases that say what a task file means, through the code of `slipway task check`.
struct TaskFileConformanceTests {
    private func local(_ item: TaskFileCase, in folder: String) throws -> LocalTaskFile {
        for (path, content) in item.files ?? [:] {
            let file = URL(filePath: folder).appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: file)
        }
        let run = item.run
        var local = LocalTaskFile(
            text: try item.text,
            run: RunVariables(
                id: run.id, registry: run.registry, date: run.date, os: run.os, architecture: run.architecture,
                commit: run.commit, branch: run.branch, gitTag: run.gitTag, repository: run.repository,
                triggeredBy: run.triggeredBy, taskName: run.taskName, sharedVolume: run.sharedVolume))
        local.values = try item.valuesText
        local.overrides = item.overrides
        local.folder = folder
        local.defaults = TaskDefaults(
            workingDirectory: item.defaults?.workingDirectory, env: item.defaults?.env ?? [],
            network: item.defaults?.network)
        for (location, value) in item.secrets ?? [:] { local.secrets[try SecretLocation(location)] = Secret(value) }
        return local
    }

    private func report(_ item: TaskFileCase) async throws -> [String: Any] {
        try await withTemporaryFolder { folder in
            let json = try await TaskFileReport(try local(item, in: folder)).json.text()
            return try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        }
    }

    @Test(arguments: try TaskFileCase.all().filter { $0.mode != "exec" })
    func `check says what the case says`(item: TaskFileCase) async throws {
        let found = try await report(item)

        #expect(found["valid"] as? Bool == item.expect.valid, "\(found["error"] ?? "")")
        if let error = item.expect.error {
            let shown = found["error"] as? [String: Any]
            #expect(shown?["stage"] as? String == error.stage)
            #expect(shown?["code"] as? String == error.code)
            #expect((shown?["message"] as? String)?.isEmpty == false)
        }
        if let rendered = item.expect.rendered { #expect(found["rendered"] as? String == rendered) }
        if let edges = item.expect.edges { #expect(Set(found["edges"] as? [[String]] ?? []) == Set(edges)) }
        let steps = found["steps"] as? [[String: Any]] ?? []
        if let count = item.expect.stepCount { #expect(steps.count == count) }
        for expected in item.expect.steps ?? [] {
            let step = try #require(steps.first { $0["id"] as? String == expected.id })
            compare(step, expected)
        }
        if let networks = item.expect.networks {
            let names = (found["networks"] as? [[String: Any]] ?? []).map { $0["name"] as? String }
            #expect(names == networks.map(\.name))
        }
    }

    private func compare(_ step: [String: Any], _ expected: TaskFileCase.Step) {
        for (name, text) in [
            ("type", expected.type), ("cmd", expected.cmd), ("build", expected.build), ("network", expected.network),
            ("workingDirectory", expected.workingDirectory),
        ] {
            if let text { #expect(step[name] as? String == text, "\(name)") }
        }
        for (name, texts) in [
            ("env", expected.env), ("push", expected.push), ("tags", expected.tags), ("buildArgs", expected.buildArgs),
        ] {
            if let texts { #expect(step[name] as? [String] == texts, "\(name)") }
        }
        if let timeout = expected.timeout { #expect(step["timeout"] as? Int == timeout) }
        if let delay = expected.retryDelay { #expect(step["retryDelay"] as? Int == delay) }
    }
}
