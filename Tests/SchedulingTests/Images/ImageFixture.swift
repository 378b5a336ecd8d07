import AgentProtocol
import Contexts
import CurlHTTP
import Distribution
import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

@testable import Scheduling

/// A scheduler whose registry, `localhost:5000`, is a real one, and whose tasks build one image each.
struct ImageFixture {
    let server: TestServer
    let registry: TestRegistry
    let tasks: SQLiteTaskStore
    let triggers: BaseImageTriggers

    /// - Parameter dockerfiles: by the name of the task.
    static func with(
        _ dockerfiles: [String: String] = [:], settings: ImageTriggerSettings = ImageTriggerSettings(),
        _ body: (ImageFixture) async throws -> Void
    ) async throws {
        try await TestRegistry.with { registry in
            try await TestServer.with { server in
                let fixture = ImageFixture(server, registry, dockerfiles, settings)
                for name in dockerfiles.keys.sorted() { try await fixture.write(name) }
                try await body(fixture)
            }
        }
    }

    init(
        _ server: TestServer, _ registry: TestRegistry, _ dockerfiles: [String: String],
        _ settings: ImageTriggerSettings
    ) {
        self.server = server
        self.registry = registry
        tasks = SQLiteTaskStore(database: server.database, box: server.box)
        triggers = BaseImageTriggers(
            server.environment, tasks: tasks, database: server.database,
            registries: RegistryClient(
                http: HTTPClient(), endpoints: RegistryEndpoints { _ in "http://\(registry.host)" }),
            settings: settings, random: { 0.5 }
        ) { reference, path in
            let name = reference.remote.split(separator: "/").last.map { String($0.dropLast(4)) } ?? ""
            return path == "Dockerfile" ? dockerfiles[name].map { Array($0.utf8) } : nil
        }
    }

    /// Stores a task that builds `NAME:1`.
    func write(_ name: String, _ change: (inout TaskDefinition) -> Void = { _ in }) async throws {
        let author = TaskDefinition.Authorship(by: "me", at: server.time.date)
        var task = TaskDefinition(
            name: name, registry: "local01",
            step: .docker(
                TaskStep.DockerStep(
                    context: TaskContext(location: Secret("https://git.example.test/\(name).git")),
                    dockerFilePath: "Dockerfile", imageNames: ["\(name):1"], isPushEnabled: true, noCache: false,
                    target: nil, arguments: [])),
            triggers: TaskTriggers(
                baseImage: BaseImageTriggerDefinition(
                    name: "b", isEnabled: true, kind: .all, updateTriggerEndpoint: nil, updateTriggerPayloadType: nil)),
            created: author, changed: author)
        change(&task)
        _ = try await tasks.update(name, in: "local01") { [task] _ in task }
    }

    /// Pushes `NAME:1` from outside, and says so.
    func push(_ name: String, _ content: String) async throws {
        try await registry.push(name, tag: "1", content: content)
        try await triggers.watch.images.makeDue([Self.image(name)], at: server.time.date)
    }

    static func image(_ name: String) -> ImageReference {
        ImageReference(registry: "localhost:5000", repository: name, tag: "1")
    }

    func look() async throws {
        for isUrgent in [true, false] { try await triggers.watch.look(isUrgent: isUrgent) }
    }

    /// Lets all services work until nothing moves.
    func settle() async throws {
        for _ in 0..<3 {
            try await triggers.catalog.read()
            while try await triggers.catalog.follow() {}
            try await look()
            server.time.pass(.seconds(2))
            try await triggers.trigger.start()
        }
    }

    /// Carries out the run that has waited longest: it builds on what its bases are now, and pushes.
    ///
    /// - Returns: the name of its task; nil if none waits.
    func carryOut(pushing content: String? = nil, as status: RunStatus = .succeeded) async throws -> String? {
        guard let assignment = try await server.take(), let run = try await server.store.find(assignment.run),
            let name = run.task
        else { return nil }
        var outcome = RunOutcome(status: status)
        if status == .succeeded {
            var bases: [BaseImageRecord] = []
            for state in try await triggers.state(of: #require(tasks.find(name, in: "local01"))).images {
                let image = try ImageReference(state.image)
                bases.append(
                    BaseImageRecord(
                        step: "build", image: image, use: state.use,
                        digest: try await triggers.watch.registries.resolve(image).digest, source: .builder))
            }
            let digest = try await registry.push(name, tag: "1", content: content ?? "\(run.id)")
            outcome = RunOutcome(
                status: .succeeded,
                outputImages: [
                    OutputImage(registry: "localhost:5000", repository: name, tag: "1", digest: digest)
                ], baseImages: bases)
        }
        try await server.broker.finish(assignment.lease, with: outcome, logLength: 0)
        return name
    }

    /// Carries out all runs that there are and that follow; the names of their tasks in order.
    func carryOutAll() async throws -> [String] {
        var names: [String] = []
        try await settle()
        while let name = try await carryOut() {
            names.append(name)
            try await settle()
        }
        return names
    }

    /// What made runs, oldest first.
    func updates() async throws -> [(task: String, update: ImageUpdate)] {
        try await server.store.list(registry: "local01", RunFilter(), before: nil, limit: 1000).reversed()
            .compactMap { run in
                guard case .image(let update)? = run.trigger else { return nil }
                return (run.task ?? "", update)
            }
    }
}
