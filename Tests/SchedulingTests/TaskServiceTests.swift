import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

struct TaskServiceTests {
    private static func task(_ step: TaskStep?, _ change: (inout TaskDefinition) -> Void = { _ in }) -> TaskDefinition {
        let author = TaskDefinition.Authorship(by: "me", at: Date(timeIntervalSince1970: 0))
        var task = TaskDefinition(name: "t1", registry: "local01", step: step, created: author, changed: author)
        change(&task)
        return task
    }

    private static func docker(_ location: String, token: String? = nil) -> TaskStep {
        .docker(
            TaskStep.DockerStep(
                context: TaskContext(location: Secret(location), accessToken: token.map { Secret($0) }),
                dockerFilePath: "Dockerfile", imageNames: ["app:v1"], isPushEnabled: true, noCache: true, target: "t",
                arguments: [
                    BuildArgument(name: "A", value: Secret("1"), isSecret: false),
                    BuildArgument(name: "B", value: Secret("2"), isSecret: false),
                ]))
    }

    @Test func `a run stands in the queue as its task has it, or as is asked for this once`() throws {
        let settings = QueueSettings(priority: 5, retryOnAgentLoss: 1, concurrency: 2, supersedes: true)
        let task = Self.task(Self.docker("https://git.example.test/app.git")) { $0.queue = settings }

        let usual = try TaskRequest(task).request(with: TaskOverrides())
        let urgent = try TaskRequest(task).request(with: TaskOverrides(priority: 100))

        #expect(usual.common.queue == settings)
        #expect(
            urgent.common.queue
                == QueueSettings(priority: 100, retryOnAgentLoss: 1, concurrency: 2, supersedes: true))
    }

    @Test func `a run takes what it overrides and the rest from its task`() throws {
        let task = Self.task(Self.docker("https://git.example.test/app.git"))

        let request = try TaskRequest(task).request(
            with: TaskOverrides(
                sourceLocation: "source/x.tar.gz", file: "Other", target: "u",
                arguments: [
                    BuildArgument(name: "B", value: Secret("3"), isSecret: true),
                    BuildArgument(name: "C", value: Secret("4"), isSecret: false),
                ], agentPoolName: "p1"))

        guard case .build(let build) = request else {
            Issue.record("no build")
            return
        }
        #expect(build.sourceLocation == "source/x.tar.gz")
        #expect(build.dockerFilePath == "Other")
        #expect(build.target == "u")
        #expect(build.arguments.map(\.name) == ["A", "B", "C"])
        #expect(build.arguments.map(\.value.value) == ["1", "3", "4"])
        #expect(build.agentPoolName == "p1")
        #expect(build.noCache)
        #expect(build.timeout == .seconds(3600))
    }

    @Test(arguments: [
        (
            "https://git.example.test/app.git#main", "to/ken",
            "https://x-access-token:to%2Fken@git.example.test/app.git#main"
        ),
        ("https://bitbucket.org/a/b.git", "token", "https://x-token-auth:token@bitbucket.org/a/b.git"),
        ("https://git.example.test/app.git", "user:word", "https://user:word@git.example.test/app.git"),
        ("https://me@git.example.test/app.git", "token", "https://me@git.example.test/app.git"),
        ("ssh://git@git.example.test/app.git", "token", "ssh://git@git.example.test/app.git"),
        ("http://git.example.test/app.git", "token", "http://git.example.test/app.git"),
    ])
    func `a token becomes the login of its context, over https only`(location: String, token: String, expected: String)
        throws
    {
        let request = try TaskRequest(Self.task(Self.docker(location, token: token))).request(with: TaskOverrides())

        #expect(request.common.sourceLocation == expected)
    }

    @Test func `logins of a task go along, but not names of identities`() throws {
        let task = Self.task(Self.docker("https://git.example.test/app.git")) {
            $0.credentials.customRegistries = [
                "R.example.test": TaskRegistryLogin(
                    username: TaskSecret(Secret("u")), password: TaskSecret(Secret("p"))),
                "i.example.test": TaskRegistryLogin(identity: "[system]"),
            ]
        }

        let request = try TaskRequest(task).request(with: TaskOverrides())

        #expect(
            request.common.customCredentials == ["r.example.test": Credential(username: "u", password: Secret("p"))])
        #expect(request.common.secrets.contains(Secret("p")))
    }

    @Test func `logins that name secrets of a vault go along as they are`() throws {
        let task = Self.task(Self.docker("https://git.example.test/app.git")) {
            $0.credentials.customRegistries = [
                "R.example.test": TaskRegistryLogin(
                    username: TaskSecret(Secret("u")),
                    password: TaskSecret(Secret("https://V.test/secrets/p"), isVaultURL: true), identity: "[system]")
            ]
        }

        let request = try TaskRequest(task).request(with: TaskOverrides())

        let location = try SecretLocation("https://v.test/secrets/p")
        #expect(request.common.customCredentials.isEmpty)
        #expect(
            request.common.vaultLogins == [
                "r.example.test": VaultLogin(username: .plain(Secret("u")), password: .vault(location))
            ])
    }

    @Test func `a login that names no secret that there can be is refused`() {
        let task = Self.task(Self.docker("https://git.example.test/app.git")) {
            $0.credentials.customRegistries = [
                "r.example.test": TaskRegistryLogin(
                    username: TaskSecret(Secret("u")), password: TaskSecret(Secret("https://v"), isVaultURL: true))
            ]
        }

        #expect(throws: TaskServiceError.invalidLogin(host: "r.example.test")) {
            try TaskRequest(task).request(with: TaskOverrides())
        }
    }

    @Test func `a task is run by hand under its name, a disabled one too`() async throws {
        try await TestServer.with { server in
            let tasks = TaskService(
                tasks: SQLiteTaskStore(database: server.database, box: server.box), settings: server.settings)
            let content = TaskStep.encoded(
                TaskStep.EncodedStep(
                    context: TaskContext(location: nil), content: Secret("steps: []"), valuesContent: nil, values: []))
            _ = try await tasks.write("t1", in: server.registry) { _ in Self.task(content) }

            _ = try await tasks.write("t1", in: server.registry) { _ in Self.task(content) { $0.isEnabled = false } }
            let submission = try await tasks.submission(of: "T1", TaskOverrides(), in: server.registry)
            let run = try await server.service.submit(
                submission.request, type: submission.type, task: submission.task, to: server.registry, by: "me")

            #expect(run.task == "t1")
            #expect(run.type == .autoRun)
            await #expect(throws: TaskServiceError.notFound("t2")) {
                try await tasks.submission(of: "t2", TaskOverrides(), in: server.registry)
            }
        }
    }

    @Test func `a task whose context may not be fetched is not kept`() async throws {
        try await TestServer.with { server async throws in
            let tasks = TaskService(
                tasks: SQLiteTaskStore(database: server.database, box: server.box), settings: server.settings)

            await #expect(throws: RunServiceError.self) {
                try await tasks.write("t1", in: server.registry) { _ in
                    Self.task(Self.docker("http://elsewhere.example.test/app.git"))
                }
            }

            let kept = try await tasks.list(in: server.registry)
            #expect(kept.isEmpty)
        }
    }

    @Test(arguments: [
        ("steps: [{cmd: a, when: [b]}]", true), ("steps: [{cmd: '{{.Run.ID'}]", true),
        // Values may be given when it is run.
        ("steps: [{cmd: 'a {{.Values.x}}', when: ['{{.Values.y}}']}]", false),
        // A policy is one of a pool, and pools can change.
        ("steps: [{cmd: 'a | b', privileged: true}]", false),
    ])
    func `a task that can't be read is not kept`(text: String, isRefused: Bool) async throws {
        try await TestServer.with { server async throws in
            let tasks = TaskService(
                tasks: SQLiteTaskStore(database: server.database, box: server.box), settings: server.settings)
            let step = TaskStep.encoded(
                TaskStep.EncodedStep(
                    context: TaskContext(location: nil), content: Secret(text), valuesContent: nil, values: []))
            var code: String?
            do {
                _ = try await tasks.write("t1", in: server.registry) { _ in Self.task(step) }
            } catch let error as RunServiceError {
                code = error.code
            }

            #expect(code == (isRefused ? "InvalidTaskFile" : nil))
        }
    }
}
