import TaskFiles
import Testing

struct TaskDeclarationTests {
    private static let whole = """
        name: hello
        context: https://git.example.com/team/hello.git#main:app
        token: {env: GIT_TOKEN}
        file: Dockerfile
        images: ["hello:{{.Run.ID}}", hello:latest]
        push: false
        args: {VERSION: 2.0, FROM_FILE: {file: a.txt}}
        secretArgs: {NPM: {env: NPM}}
        platform: linux/arm64
        cpu: 4
        timeout: 60
        queue: {priority: -5, concurrency: 2, supersede: true, retryOnAgentLoss: 1}
        credentials:
          other.example.com: {username: robot, password: {env: PW}}
          third.example.com: {username: {vault: "https://v.test/secrets/u"}, password: {vault: "https://v.test/secrets/p"}}
        tags: {team: a, number: 1}
        triggers:
          commits: {branches: [main, 'release/**', '!release/old'], tags: 'v*', contextFolderOnly: true}
          pullRequests: {forks: restricted, enabled: false}
          timers: [{schedule: '0 3 * * *', timeZone: Europe/Berlin}, {name: x, schedule: '* * * * *', enabled: false}]
          baseImages: All
        """

    private func one(_ text: String) throws -> TaskDeclaration {
        let all = try TaskDeclaration.all(in: text)
        return try #require(all.first)
    }

    @Test func `all that a task can say is read`() throws {
        let task = try one(Self.whole)

        #expect(task.name == "hello")
        #expect(task.token == .environment("GIT_TOKEN"))
        guard case .image(let image) = task.work else {
            Issue.record("\(task.work)")
            return
        }
        #expect(image.dockerfile == "Dockerfile")
        #expect(image.names == ["hello:{{.Run.ID}}", "hello:latest"])
        #expect(image.push == false)
        #expect(image.arguments.map(\.name) == ["VERSION", "FROM_FILE"])
        #expect(image.arguments.map(\.value) == [.text("2.0"), .file("a.txt")])
        #expect(image.secretArguments.map(\.value) == [.environment("NPM")])
        #expect([task.cpu, task.timeout, task.queue.priority, task.queue.retryOnAgentLoss] == [4, 60, -5, 1])
        #expect(task.credentials.map(\.host) == ["other.example.com", "third.example.com"])
        #expect(task.credentials[0].login.username == .text("robot"))
        #expect(task.credentials[1].login.password == .vault("https://v.test/secrets/p"))
        #expect(task.tags.map(\.value) == ["a", "1"])
        #expect(task.triggers.commits?.branches == ["main", "release/**", "!release/old"])
        #expect(task.triggers.commits?.tags == ["v*"])
        #expect(task.triggers.commits?.contextFolderOnly == true)
        #expect(task.triggers.pullRequests?.forks == "restricted")
        #expect(task.triggers.pullRequests?.enabled == false)
        #expect(task.triggers.timers.map(\.timeZone) == ["Europe/Berlin", nil])
        #expect(task.triggers.timers.map(\.enabled) == [true, false])
        #expect(task.triggers.baseImages.type == "All")
    }

    @Test func `documents are tasks of their own, with the lines of the file`() throws {
        let text =
            "---\nname: a\ncmd: x\n---\n# nothing\n---\nname: b\r\ncmd: y\n...\n---\nname: c\ncontext: .\nfoo: 1\n"

        #expect(try TaskDeclaration.all(in: text.replacing("foo: 1\n", with: "")).map(\.name) == ["a", "b", "c"])
        let error = #expect(throws: TaskDeclarationError.self) { try TaskDeclaration.all(in: text) }
        #expect(error?.place?.line == 13)
    }

    @Test(arguments: [
        ("steps:\n  - cmd: a\n", "steps:\n  - cmd: a\n"),
        (
            "steps:\n- cmd: a {{.Run.ID}}\n\n# about it\n- cmd: 'b'\n\n# about status\nstatus: Disabled\n",
            "steps:\n- cmd: a {{.Run.ID}}\n\n# about it\n- cmd: 'b'\n"
        ),
        ("steps: [{cmd: a}]\ncpu: 2\n", "steps: [{cmd: a}]\n"),
        ("cpu: 2\nsteps:\n\n  - cmd: a", "steps:\n\n  - cmd: a\n"),
    ])
    func `steps are taken as they stand`(text: String, steps: String) throws {
        let task = try one("name: a\n" + text)

        guard case .steps(let content, nil) = task.work else {
            Issue.record("\(task.work)")
            return
        }
        #expect(content == "version: v1.1.0\n" + steps)
    }

    @Test func `a whole task file, a command, a task file of the context and a system task are told apart`() throws {
        guard
            case .steps("version: v1.1.0\nsteps: []\n", "a: 1\n") =
                try one("name: a\ntaskFile: |\n  version: v1.1.0\n  steps: []\nvaluesText: |\n  a: 1\n").work,
            case .command("echo hi") = try one("name: a\ncmd: echo hi").work,
            case .file("slipway.yaml", "v.yaml") =
                try one("name: a\ncontext: x\nfile: slipway.yaml\nvaluesFile: v.yaml").work,
            case .file("ci/Taskfile", "v.yaml") =
                try one("name: a\ncontext: x\ntaskFilePath: ci/Taskfile\nvaluesFile: v.yaml").work,
            case .image(let image) = try one("name: a\ncontext: x\ndockerfile: odd.yaml").work,
            case .none = try one("name: a\nsystemTask: true\nlogTemplate: x").work
        else {
            Issue.record("one of them is another")
            return
        }
        #expect(image.dockerfile == "odd.yaml")
    }

    @Test(arguments: [
        ("cmd: x", 1, "no name"), ("name: a b\ncmd: x", 1, "'a b' is no name"), ("name: a", 1, "does nothing"),
        ("name: a\ncmd: x\nimagse: [b]", 3, "Did you mean 'images'?"), ("- name: a", 1, "must be a map"),
        ("name: a\ncontext: x\ntriggers:\n  commit: true", 4, "Did you mean 'commits'?"),
        ("name: a\ncontext: x\ntriggers:\n  commits: {tag: v}", 4, "Did you mean 'tags'?"),
        ("name: a\ncontext: x\ntriggers:\n  pullRequests: {tags: v}", 4, "has no key 'tags'"),
        ("name: a\ncontext: x\npush: 1", 3, "'push' must be true or false, not a number"),
        ("name: a\ncontext: x\ncpu: '2'", 3, "'cpu' must be a whole number, not text"),
        ("name: a\ncontext: x\ntoken: abc", 3, "{env: NAME}"),
        ("name: a\ncontext: x\nsecretArgs: {A: b}", 3, "'A' is a secret"),
        ("name: a\ncontext: x\ncredentials: {h: {username: a, password: b}}", 3, "'password' is a secret"),
        ("name: a\ncontext: x\ntoken: {env: A, file: b}", 3, "give one of"),
        ("name: a\ncmd: x\nfile: b", 3, "'file' does not go with 'cmd'"),
        ("name: a\ncontext: x\nvalues: {a: b}", 3, "'args'"),
        ("name: a\ncontext: x\nfile: t.yaml\nimages: [b]", 4, "does not go with"),
        ("name: a\ncontext: x\ntaskFilePath: t\nimages: [b]", 4, "'images' does not go with 'taskFilePath'"),
        ("name: a\ncontext: x\nfile: Dockerfile\ntaskFilePath: t", 4, "'taskFilePath' does not go with 'file'"),
        ("name: a\ncmd: x\ntaskFilePath: t", 3, "'taskFilePath' does not go with 'cmd'"),
        ("name: a\ncmd: x\ntriggers: {timers: [{schedule: daily}]}", 3, "daily"),
        ("name: a\ncmd: x\ntriggers: {timers: [{name: b}]}", 3, "no schedule"),
        ("name: a\ncmd: x\ntriggers: {baseImages: Some}", 3, "Runtime, All or false"),
        ("name: a\ncontext: x\ntriggers: {pullRequests: {forks: all}}", 3, "none or restricted"),
        ("{name: a, steps: [{cmd: x}]}", 1, "begin a line"), ("name: a\ncmd: [", 3, "no YAML"),
        ("# nothing", nil, "no task"),
    ])
    func `what is wrong is told with its line and what would be right`(text: String, line: Int?, words: String) throws {
        let error = #expect(throws: TaskDeclarationError.self) { try TaskDeclaration.all(in: text) }

        #expect(error?.reason.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.place?.line == line)
    }

    @Test func `S10 a file of many nodes is refused, however many documents it has`() {
        let text = String(repeating: "---\nname: a\nimages: [\(String(repeating: "a, ", count: 100))]\n", count: 120)

        let error = #expect(throws: TaskDeclarationError.self) { try TaskDeclaration.all(in: text) }
        #expect(error?.reason.contains("10000") == true)
    }
}
