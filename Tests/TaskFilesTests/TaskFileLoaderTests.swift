import Foundation
import TaskModel
import Testing

@testable import TaskFiles

struct TaskFileLoaderTests {
    /// Files, downloads and secrets out of dictionaries, the latter by location.
    struct Sources: TaskFileSources {
        var files: [String: String] = [:]
        var downloads: [String: String] = [:]
        var secrets: [String: String] = [:]

        struct NotThere: Error, CustomStringConvertible {
            var description: String { "it is not there" }
        }

        func file(_ path: String) async throws -> [UInt8]? { files[path].map { Array($0.utf8) } }

        func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8] {
            guard let text = downloads[url] else { throw NotThere() }
            return Array(text.utf8)
        }

        func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret {
            guard let text = secrets[location.description] else { throw NotThere() }
            return Secret(text + (clientID.map { "@" + $0 } ?? ""))
        }
    }

    private func load(
        _ text: String, _ sources: Sources = Sources(), settings: TaskFileSettings = TaskFileSettings()
    ) async throws -> LoadedTask {
        try await TaskFileLoader(settings: settings, policy: PoolPolicy()).load(
            text, with: TemplateData(run: PlanReader.run), sources: sources)
    }

    private func error(
        _ text: String, _ sources: Sources = Sources(), settings: TaskFileSettings = TaskFileSettings()
    ) async throws -> TaskFileError {
        try await #require(throws: TaskFileError.self) { _ = try await load(text, sources, settings: settings) }
    }

    private static let aliasFile = "version: v1.1.0\nalias:\n  src: [%]\nsteps:\n  - cmd: busybox echo $one $two\n"

    @Test func `aliases come out of files of the context, and from elsewhere where that is allowed`() async throws {
        let text = Self.aliasFile.replacing("%", with: "a.yml, \"https://example.com/b.yml\"")
        let sources = Sources(
            files: ["a.yml": "one: 1\ntwo: '{{.Run.ID}}'\n"], downloads: ["https://example.com/b.yml": "one: 3\n"])

        let task = try await load(text, sources, settings: TaskFileSettings(allowsRemoteAliases: true))

        #expect(task.graph.steps.map(\.action) == [.command("busybox echo 3 cf1")])
        let error = try await error(text, sources)
        #expect(error.code == .aliasSource)
        #expect(error.reason.contains("steps.remoteAliases"))
        #expect(error.place?.line == 3)
    }

    @Test(arguments: [
        ("missing.yml", TaskFileError.Code.aliasSource), ("http://example.com/b.yml", .aliasSource),
        ("https://example.com/none.yml", .aliasSource), ("list.yml", .aliasSource), ("odd.yml", .aliasName),
    ])
    func `a file of aliases that can't be had or read fails loading`(source: String, code: TaskFileError.Code)
        async throws
    {
        let error = try await error(
            Self.aliasFile.replacing("%", with: "\"\(source)\""),
            Sources(files: ["list.yml": "- a\n", "odd.yml": "a-b: c\n"]),
            settings: TaskFileSettings(allowsRemoteAliases: true))

        #expect(error.code == code)
        #expect(error.place?.line == 3)
        #expect(error.reason.contains(source))
    }

    @Test func `an installation sets the images behind names`() async throws {
        let task = try await load(
            "version: v1.1.0\nsteps:\n  - cmd: bash echo $bash\n  - cmd: own x\n",
            settings: TaskFileSettings(aliasImages: ["bash": "registry.example.com/bash:1", "own": "own:2"]))

        #expect(
            task.graph.steps.map(\.action) == [
                .command("registry.example.com/bash:1 echo registry.example.com/bash:1"), .command("own:2 x"),
            ])
    }

    @Test func `secrets are fetched, then the file is rendered again`() async throws {
        let entries = (0..<12).map { "  - {id: s\($0), keyvault: 'https://v.example.com/secrets/n\($0)'}\n" }
        let values = (0..<12).map { ("https://v.example.com/secrets/n\($0)", "value\($0)") }
        let task = try await load(
            "secrets:\n" + entries.joined()
                + "steps:\n  - cmd: busybox {{.Secrets.s3}} {{.Secrets.s11}} {{.Secrets.x}}\n",
            Sources(secrets: Dictionary(uniqueKeysWithValues: values)))

        #expect(task.graph.steps.map(\.action) == [.command("busybox value3 value11")])
        #expect(Set(task.secrets.map(\.value)) == Set(values.map(\.1)))
    }

    @Test func `a secret that can't be had fails loading with the reason of its source`() async throws {
        await #expect(throws: Sources.NotThere.self) {
            _ = try await load("secrets: [{id: a, keyvault: 'https://v.example.com/secrets/n'}]\nsteps: []\n")
        }
    }

    @Test(arguments: [
        ("keyvault: 'http://v.example.com/secrets/n'", TaskFileError.Code.secretSource),
        ("keyvault: 'https://v.example.com/keys/n'", .secretSource), ("clientID: x", .secretSource),
        ("keyvault: 'https://v.example.com/secrets/n/1', clientID: me", .secretIdentity),
    ])
    func `a secret needs a location, and identities are GUIDs`(properties: String, code: TaskFileError.Code)
        async throws
    {
        let error = try await error("secrets:\n  - {id: a, \(properties)}\nsteps: []\n")

        #expect(error.code == code)
        #expect(error.place?.line == 2)
    }

    @Test func `an identity is told to the source`() async throws {
        let id = "01234567-89AB-cdef-0123-456789abcdef"
        let task = try await load(
            "secrets: [{id: a, keyvault: 'https://v/secrets/n', clientID: \(id)}]\nsteps: [{cmd: 'b {{.Secrets.a}}'}]\n",
            Sources(secrets: ["https://v/secrets/n": "x"]))

        #expect(task.graph.steps.map(\.action) == [.command("b x@\(id)")])
    }

    @Test func `a file that is no YAML is rendered all the same`() async throws {
        let loader = TaskFileLoader(settings: TaskFileSettings(), policy: PoolPolicy())
        let data = TemplateData(run: PlanReader.run)
        let sources = Sources(secrets: ["https://v/secrets/n": "x"])
        let broken = try await loader.render("secrets: [\na: {{.Run.ID}}\n", with: data, sources: sources)
        let right = try await loader.render(
            "secrets: [{id: a, keyvault: 'https://v/secrets/n'}]\nb: {{.Secrets.a}}\n", with: data, sources: sources)

        #expect(broken == "secrets: [\na: cf1\n")
        #expect(right.hasSuffix("b: x\n"))
    }

    @Test func `commands are read after the graph`() async throws {
        let task = try await load("steps:\n  - cmd: busybox a | b\n")

        let error = #expect(throws: TaskFileError.self) { try task.plan() }
        #expect(error?.code == .policyDenied)
    }
}
