import TaskModel
import TestSupport
import Testing

@testable import TaskFiles

struct TaskFileConformanceTests {
    private func load(_ item: TaskFileCase) async throws -> (file: TaskFile, graph: TaskGraph) {
        var run = RunVariables(id: item.run.id, registry: item.run.registry, date: item.run.date)
        run.os = item.run.os
        run.architecture = item.run.architecture
        run.commit = item.run.commit
        run.branch = item.run.branch
        run.gitTag = item.run.gitTag
        run.repository = item.run.repository
        run.triggeredBy = item.run.triggeredBy
        run.taskName = item.run.taskName
        run.sharedVolume = item.run.sharedVolume
        let data = try TemplateData(run: run, valuesFile: try item.valuesText, overrides: item.overrides)
        let defaults = TaskDefaults(
            workingDirectory: item.defaults?.workingDirectory, env: item.defaults?.env ?? [],
            network: item.defaults?.network)
        let task = try await TaskFileLoader(settings: TaskFileSettings(), policy: PoolPolicy()).load(
            try item.text, with: data, defaults: defaults,
            sources: TaskFileLoaderTests.Sources(files: item.files ?? [:], secrets: item.secrets ?? [:]))
        return (task.file, task.graph)
    }

    @Test(arguments: try TaskFileCase.all()) func `a task file means what its case says`(item: TaskFileCase)
        async throws
    {
        guard item.expect.valid else {
            let error = try await #require(throws: TaskFileError.self) { _ = try await load(item) }
            #expect(error.code.stage.rawValue == item.expect.error?.stage, "\(error)")
            #expect(error.code.rawValue == item.expect.error?.code, "\(error)")
            return
        }

        let (file, graph) = try await load(item)

        if let rendered = item.expect.rendered { #expect(file.rendered == rendered) }
        if let count = item.expect.stepCount { #expect(graph.steps.count == count) }
        if let edges = item.expect.edges { #expect(Set(graph.edges.map { [$0.from, $0.to] }) == Set(edges)) }
        if let networks = item.expect.networks {
            #expect(
                graph.networks.map {
                    [$0.name, $0.driver, "\($0.ipv6)", "\($0.skipCreation)", "\($0.isDefault)"]
                }
                    == networks.map {
                        [$0.name, $0.driver, "\($0.ipv6)", "\($0.skipCreation)", "\($0.isDefault)"]
                    })
        }
        for expected in item.expect.steps ?? [] {
            let step = try #require(graph.steps.first { $0.id == expected.id })
            try compare(step, expected)
        }
    }

    private func compare(_ step: TaskGraph.Step, _ expected: TaskFileCase.Step) throws {
        switch step.action {
        case .command(let text):
            if let cmd = expected.cmd { #expect(text == cmd) }
            if let type = expected.type { #expect(type == "cmd") }
        case .build(let text):
            if let type = expected.type { #expect(type == "build") }
            if let build = expected.build { #expect(text == build) }
            // Those written as one word, `--tag=x`, are read here too.
            let command = try BuildCommand(text, of: step)
            if let tags = expected.tags { #expect(command.tags.starts(with: tags)) }
            if let arguments = expected.buildArgs {
                #expect(command.arguments.map { "\($0.name)=\($0.value)" }.starts(with: arguments))
            }
        case .push(let images):
            if let type = expected.type { #expect(type == "push") }
            if let push = expected.push { #expect(images == push) }
        }
        if let env = expected.env { #expect(step.environment == env) }
        if let timeout = expected.timeout { #expect(step.timeout == .seconds(timeout)) }
        if let delay = expected.retryDelay { #expect(step.retryDelay == .seconds(delay)) }
        if let folder = expected.workingDirectory { #expect(step.workingDirectory == folder) }
        if let network = expected.network { #expect(step.network == network) }
    }
}
