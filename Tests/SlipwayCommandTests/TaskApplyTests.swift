import Foundation
import ResourceAPI
import TaskFiles
import TaskModel
import TestSupport
import Testing

@testable import slipway

struct TaskApplyTests {
    private static let file = """
        name: hello
        context: https://git.example.com/team/hello.git#main:app
        token: {env: GIT_TOKEN}
        images: ['hello:{{.Run.ID}}']
        args: {VERSION: '2'}
        secretArgs: {NPM: {file: npm.txt}}
        queue: {priority: 5, supersede: true}
        credentials:
          r.example.com: {username: robot, password: {env: PW}}
        triggers:
          commits: {branches: [main, 'release/**'], tags: ['v*']}
          pullRequests: {branches: [main, 'release/**'], forks: restricted}
          timers: [{name: nightly, schedule: '0 3 * * *', timeZone: Europe/Berlin}]
        ---
        name: other
        steps:
          - cmd: echo {{.Run.ID}}
        triggers:
          baseImages: false
        """
    private static let environment = ["GIT_TOKEN": "git-secret", "PW": "pw-secret"]

    /// A server that has no task, and takes these two.
    private func withFile(_ body: (ResourceAPIStub, CommandRunner) async throws -> Void) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.answers = ["PUT /tasks/hello": "{}", "PUT /tasks/other": "{}"] }
            try slipway.write(Self.file, to: "sub/tasks.yaml")
            try slipway.write("npm-secret\n", to: "sub/npm.txt")
            try await body(stub, slipway)
        }
    }

    /// What a server shows of a task that was sent to it.
    private func shown(_ body: String, name: String, revealing: Bool) throws -> String {
        let wire = try WireJSON.decode(TaskResource.self, from: Array(body.utf8))
        let task = try TaskDefinition(
            wire, name: name, registry: "acme01", known: nil,
            by: TaskDefinition.Authorship(by: "me", at: Date(timeIntervalSince1970: 1_800_000_000))
        ) { UUID().uuidString }
        let resource = TaskResource(
            task, in: ResourceID(subscription: "S", resourceGroup: "G", registry: "acme01"), location: "local",
            tenant: "T", revealing: revealing, shownSource: { $0 })
        return String(decoding: try WireJSON.encode(resource, revealing: revealing), as: UTF8.self)
    }

    /// Has the stub show a task as it would after this was sent.
    private func store(_ body: String, as name: String, on stub: ResourceAPIStub) throws {
        let (plain, details) = (
            try shown(body, name: name, revealing: false), try shown(body, name: name, revealing: true)
        )
        stub.change {
            $0.answers["GET /tasks/\(name)"] = plain
            $0.answers["POST /tasks/\(name)/listDetails"] = details
        }
    }

    private func sent(_ stub: ResourceAPIStub) -> [String] { stub.now.bodies.filter { !$0.isEmpty } }

    @Test func `tasks are written whole, with secrets from where the file says`() async throws {
        try await withFile { stub, slipway async throws in
            let result = try await slipway.run(
                "task", "apply", "-f", "sub/tasks.yaml", environment: Self.environment)

            #expect(result.code == 0, "\(result.errors)")
            #expect(result.output == "NAME   RESULT\n-----  -------\nhello  created\nother  created\n")
            let bodies = sent(stub)
            let task = try WireJSON.decode(TaskResource.self, from: Array(try #require(bodies.first).utf8)).properties
            #expect(task?.step?.type == "Docker")
            #expect(task?.step?.isPushEnabled == true)
            #expect(task?.step?.contextAccessToken == Secret("git-secret"))
            #expect(task?.step?.arguments?.map { $0.value?.value } == ["2", "npm-secret"])
            #expect(task?.step?.arguments?.map(\.isSecret) == [false, true])
            #expect(task?.timeout == 3600)
            #expect(task?.queue == QueueProperties(priority: 5, supersedes: true))
            #expect(task?.credentials?.customRegistries?["r.example.com"]?.password?.value == Secret("pw-secret"))
            let source = try #require(task?.trigger?.sourceTriggers)
            #expect(source.map(\.sourceTriggerEvents) == [["commit", "pullrequest"]])
            #expect(
                source[0].filter == SourceFilter(branches: ["main", "release/**"], tags: ["v*"], forks: .restricted))
            #expect(source[0].sourceRepository?.branch == "main")
            #expect(source[0].sourceRepository?.sourceControlAuthProperties?.token == Secret("git-secret"))
            #expect(task?.trigger?.timerTriggers?.map(\.timeZone) == ["Europe/Berlin"])
            #expect(task?.trigger?.baseImageTrigger?.baseImageTriggerType == "Runtime")
            let other = try WireJSON.decode(TaskResource.self, from: Array(bodies[1].utf8)).properties
            let content = Data(base64Encoded: other?.step?.encodedTaskContent ?? "")
            #expect(content == Data("version: v1.1.0\nsteps:\n  - cmd: echo {{.Run.ID}}\n".utf8))
            #expect(other?.trigger?.baseImageTrigger == nil)
        }
    }

    @Test func `a trigger of another repository is not given the task's token`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.answers = ["PUT /tasks/hello": "{}"] }
            try slipway.write(
                """
                name: hello
                context: https://git.example.com/team/hello.git
                token: {env: GIT_TOKEN}
                triggers:
                  commits: {repository: 'https://other.example.com/team/tools.git#main'}
                  pullRequests: {token: {env: PW}, repository: 'https://other.example.com/team/tools.git#main'}
                """, to: "tasks.yaml")

            let result = try await slipway.run("task", "apply", "-f", "tasks.yaml", environment: Self.environment)

            #expect(result.code == 0, "\(result.errors)")
            let body = try #require(sent(stub).first)
            let sources = try WireJSON.decode(TaskResource.self, from: Array(body.utf8)).properties?.trigger?
                .sourceTriggers
            #expect(
                sources?.map { $0.sourceRepository?.sourceControlAuthProperties?.token } == [nil, Secret("pw-secret")])
        }
    }

    @Test func `applying again changes nothing, and what changed is told without secrets`() async throws {
        try await withFile { stub, slipway async throws in
            let apply = ["task", "apply", "-f", "sub/tasks.yaml"]
            _ = try await slipway.run(apply, environment: Self.environment)
            let bodies = sent(stub)
            try store(bodies[0], as: "hello", on: stub)
            try store(bodies[1], as: "other", on: stub)

            let again = try await slipway.run(apply, environment: Self.environment)
            #expect(again.output.contains("hello  unchanged\nother  unchanged\n"), "\(again.output)\(again.errors)")
            #expect(sent(stub).count == 2)

            let secret = try await slipway.run(
                apply + ["--dry-run"], environment: ["GIT_TOKEN": "another", "PW": "pw-secret"])
            #expect(secret.output == "hello: changed\n  ~ secrets\nother: unchanged\n")

            let new = Self.file.replacing("VERSION: '2'", with: "VERSION: '3'").replacing("0 3 *", with: "0 4 *")
                .replacing("supersede: true", with: "concurrency: 1")
            try slipway.write(new, to: "sub/tasks.yaml")
            let changed = try await slipway.run(apply + ["--dry-run"], environment: Self.environment)
            #expect(
                changed.output == """
                    hello: changed
                      + queue.concurrency: 1
                      - queue.supersedes: true
                      - step.arguments[VERSION].value: "2"
                      + step.arguments[VERSION].value: "3"
                      - trigger.timerTriggers[nightly].schedule: "0 3 * * *"
                      + trigger.timerTriggers[nightly].schedule: "0 4 * * *"
                    other: unchanged

                    """)
            #expect(sent(stub).count == 2)
        }
    }

    @Test func `a task that is exported and applied is the same`() async throws {
        try await withFile { stub, slipway async throws in
            let full = """
                name: hello
                context: https://git.example.com/team/hello.git
                token: {env: GIT_TOKEN}
                file: 'a dir/Dockerfile'
                images: [hello:1, 'a/b:{{.Run.ID}}']
                noCache: true
                target: 'on'
                args: {EMPTY: '', QUOTE: 'it''s', LINES: "a\\n  b\\n", TAB: "a\\tb", YES: 'yes', NUMBER: '012'}
                secretArgs: {NPM-TOKEN: {env: NPM_TOKEN}}
                platform: linux/arm64/v8
                cpu: 3
                timeout: 120
                agentPool: big
                status: Disabled
                authMode: None
                queue: {priority: -3, concurrency: 2, supersede: true, retryOnAgentLoss: 1}
                credentials:
                  r.example.com:5000: {username: {env: R_EXAMPLE_COM_5000_USERNAME}, password: {env: R_EXAMPLE_COM_5000_PASSWORD}}
                  v.example.com: {username: {vault: 'https://v.test/secrets/u'}, password: {vault: 'https://v.test/secrets/p'}}
                identities: ['[system]', /a/b]
                tags: {team: '1'}
                triggers:
                  commits: {branches: ['!old'], paths: ['src/**'], ignoreSkipMarks: true, reportStatus: false}
                  pullRequests: {enabled: false, forks: none}
                  timers: [{name: t1, schedule: '0 3 * * *', enabled: false}]
                  baseImages: {type: All, enabled: false, name: bases}
                """
            let steps = """
                name: other
                taskFile: |2
                    # odd
                  version: v1.1.0
                  steps:
                    - cmd: "a: {{.Run.ID}}"
                valuesText: |
                  a: 1
                values: {b: c}
                """
            let environment = Self.environment.merging(
                [
                    "NPM_TOKEN": "n", "R_EXAMPLE_COM_5000_USERNAME": "u", "R_EXAMPLE_COM_5000_PASSWORD": "p",
                ]) { $1 }
            let asked = Dictionary(uniqueKeysWithValues: environment.map { ($0 + "_HELLO", $1) })
            try slipway.write(full + "\n---\n" + steps, to: "tasks.yaml")
            let first = try await slipway.run(["task", "apply", "-f", "tasks.yaml"], environment: environment)
            #expect(first.code == 0, "\(first.errors)")
            let bodies = sent(stub)
            try #require(bodies.count == 2)
            try store(bodies[0], as: "hello", on: stub)
            try store(bodies[1], as: "other", on: stub)

            let exported = try await slipway.run("task", "export", "hello", "other")
            try slipway.write(exported.output, to: "exported.yaml")
            let again = try await slipway.run(
                ["task", "apply", "-f", "exported.yaml", "--dry-run"], environment: asked)

            #expect(again.output == "hello: unchanged\nother: unchanged\n", "\(exported.output)\(again.errors)")
            #expect(
                exported.output.hasPrefix(
                    "# Before this is applied, set in the environment: GIT_TOKEN_HELLO, NPM_TOKEN_HELLO, R_EXAMPLE_COM_5000_"
                ))
            #expect(!exported.output.contains("git-secret"))
        }
    }

    @Test func `tasks that are exported together share no variable, so that each keeps its secrets`() async throws {
        try await withFile { stub, slipway async throws in
            let names = ["a-b", "a_b", "c"]
            stub.change { $0.answers = Dictionary(uniqueKeysWithValues: names.map { ("PUT /tasks/\($0)", "{}") }) }
            let file = names.enumerated().map { index, name in
                "name: \(name)\ncontext: https://h\(index).test/a.git\ntoken: {env: TOKEN\(index)}\n"
                    + "secretArgs: {X: {env: X}, X_C: {env: X}}\n"
            }
            try slipway.write(file.joined(separator: "---\n"), to: "tasks.yaml")
            let first = try await slipway.run(
                ["task", "apply", "-f", "tasks.yaml"],
                environment: ["TOKEN0": "0", "TOKEN1": "1", "TOKEN2": "2", "X": "x"])
            #expect(first.code == 0, "\(first.errors)")
            for (name, body) in zip(names, sent(stub)) { try store(body, as: name, on: stub) }

            let exported = try await slipway.run(["task", "export"] + names)

            let declarations = try TaskDeclaration.all(in: exported.output)
            #expect(
                declarations.map(\.token) == [
                    .environment("GIT_TOKEN_A_B"), .environment("GIT_TOKEN_A_B_2"), .environment("GIT_TOKEN_C"),
                ])
            let arguments = declarations.flatMap { task -> [DeclaredText] in
                guard case .image(let image) = task.work else { return [] }
                return image.secretArguments.map(\.value)
            }
            #expect(arguments.count == 6)
            #expect(Set(arguments).count == 6, "\(exported.output)")
            let alone = try await slipway.run("task", "export", "c")
            #expect(try TaskDeclaration.all(in: alone.output).map(\.token) == [.environment("GIT_TOKEN_C")])
        }
    }

    @Test(arguments: [
        ("name: hello\ncontext: x\nimagse: [a]", "tasks.yaml:3:9: A task has no key 'imagse'. Did you mean 'images'?"),
        (
            "name: hello\ncontext: https://h.test/a.git\ntoken: {env: NOT_SET}",
            "The variable NOT_SET for 'token' of task 'hello' is not set"
        ),
        (
            "name: hello\ncontext: https://h.test/a.git\nargs: {A: {vault: 'https://v.test/secrets/a'}}",
            "can't come from a vault"
        ),
        (
            "name: hello\ncontext: https://h.test/a.git\ncpu: 1000",
            "tasks.yaml:1: Task 'hello' would be refused: 1000 processors"
        ),
        ("name: hello\ncmd: x\nplatform: beos", "platform of task 'hello' is 'beos'"),
        ("name: hello\ncmd: x\ntriggers: {commits: true}", "need a 'repository'"),
        ("name: hello\ncmd: x\n---\nname: Hello\ncmd: y", "Two tasks are called 'Hello'"),
    ])
    func `what is wrong is told before anything is written`(text: String, words: String) async throws {
        try await withFile { stub, slipway async throws in
            let result = try await slipway.run("task", "apply", "-f", "-", input: text)
            try slipway.write(text, to: "tasks.yaml")
            let file = try await slipway.run("task", "apply", "-f", "tasks.yaml")

            #expect(result.code == 1)
            #expect(file.code == 1)
            #expect(file.errors.contains(words), "\(file.errors)")
            #expect(sent(stub).isEmpty)
        }
    }

    @Test func `filters of commits and pull requests are options too`() async throws {
        try await withFile { stub, slipway async throws in
            stub.change { $0.answers["PATCH /tasks/hello"] = "{}" }
            let created = try await slipway.run(
                "task", "create", "-n", "hello", "-c", "https://h.test/a.git#main", "-t", "a",
                "--commit-trigger-enabled",
                "true", "--branch-filter", "main", "--branch-filter", "!x", "--tag-filter", "v*", "--path-filter",
                "src/**",
                "--only-context-folder", "true", "--forks", "restricted")
            #expect(created.code == 0, "\(created.errors)")
            let body = try #require(sent(stub).first)
            let task = try WireJSON.decode(TaskResource.self, from: Array(body.utf8)).properties
            try store(body, as: "hello", on: stub)
            let updated = try await slipway.run("task", "update", "-n", "hello", "--forks", "none")

            #expect(
                task?.trigger?.sourceTriggers?.first?.filter
                    == SourceFilter(
                        branches: ["main", "!x"], tags: ["v*"], paths: ["src/**"], onlyContextFolder: true,
                        forks: .restricted))
            #expect(updated.code == 0, "\(updated.errors)")
            let change = try WireJSON.decode(TaskResource.self, from: Array(try #require(sent(stub).last).utf8))
            #expect(
                change.properties?.trigger?.sourceTriggers?.first?.filter
                    == SourceFilter(forks: SourceFilter.Forks.none))
        }
    }
}
