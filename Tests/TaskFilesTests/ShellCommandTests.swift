import TaskModel
import Testing

@testable import TaskFiles

struct ShellCommandTests {
    private func command(_ line: String, _ properties: String = "") throws -> ShellCommand {
        let plan = try PlanReader.plan(cmd: line, properties, allowing: [.dockerSocket])
        guard case .shell(let command) = plan.steps[0].work else { throw PlanReader.NotExpected() }
        return command
    }

    @Test(arguments: [
        ("busybox echo a | tr a b", "'|'"), ("busybox echo a; echo b", "';'"), ("busybox echo $HOME", "'$HOME'"),
        ("busybox echo \"$HOME\"", "'$HOME'"), ("busybox echo `a`", "'`'"), ("busybox echo $(a)", "'$('"),
        ("busybox ls *", "the pattern '*'"), ("busybox ls [a-z]", "the pattern '[a-z]'"), ("busybox ls ~", "'~'"),
        ("busybox > f", "'>'"), ("busybox a && busybox b", "'&'"), ("busybox a\nbusybox b", "several lines"),
        ("busybox echo ${A:-b}", "'${'"),
    ])
    func `a line for a shell takes the docker socket`(line: String, what: String) throws {
        let error = try #require(throws: TaskFileError.self) { try PlanReader.plan(cmd: line) }

        #expect(error.code == .policyDenied)
        #expect(error.reason.contains(what))
        #expect(error.reason.contains("pools[].policy.allow: [docker-socket]"))
        #expect(error.reason.contains("sh -c '…'"))
        #expect(error.place == TextPlace(line: 2, column: 10))
        #expect(try command(line).reason.contains(what))
    }

    @Test(arguments: ["env: [A=$B]", "ports: [\"$P:80\"]", "user: $(id -u)", "entryPoint: '`x`'", "network: $N"])
    func `properties are a part of the line`(property: String) throws {
        let error = try #require(throws: TaskFileError.self) { try PlanReader.plan(cmd: "busybox true", property) }

        #expect(error.code == .policyDenied)
    }

    @Test(arguments: [
        "busybox sh -c 'echo $HOME | cat > f; ls *'", "busybox echo \\$HOME '`a`' \"*\"", "busybox echo [] ] [",
        "busybox wget https://example.com/?a=b", "busybox echo a$ 'x\ny'", "busybox echo a\n", "\\\n busybox echo a#b",
    ])
    func `quoted, escaped and harmless signs take none`(line: String) throws {
        let plan = try PlanReader.plan(cmd: line)

        guard case .container = plan.steps[0].work else { throw PlanReader.NotExpected() }
        #expect(plan.needs.isEmpty)
    }

    @Test func `the script is one docker run with the line as written`() throws {
        let command = try command(
            "-e X=1 busybox sh -c 'cat' | tr a-z A-Z && echo $X",
            "env: [\"A='two words'\", B=$C]\nuser: 1:2\nworkingDirectory: sub\n")

        #expect(
            command.script(runOptions: ["--rm", "--label", "it's=1"])
                == "docker run '--rm' '--label' 'it'\\''s=1' --env HOME=/acb/home --env A='two words' --env B=$C "
                + "--user 1:2 -e X=1 busybox sh -c 'cat' | tr a-z A-Z && echo $X")
        #expect(command.workingDirectory == "/workspace/sub")
        #expect(command.network == "acb_default_network")
    }

    @Test func `a network that is none of the file's stays in the line`() throws {
        let command = try command("busybox | cat", "network: none\ndisableWorkingDirectoryOverride: true\n")

        #expect(command.script(runOptions: []).hasPrefix("docker run --env HOME=/acb/home --network none busybox"))
        #expect(command.network == nil)
        #expect(command.workingDirectory == nil)
        let error = try #require(throws: TaskFileError.self) {
            try PlanReader.plan(cmd: "busybox | cat", "network: other", allowing: [.dockerSocket])
        }
        #expect(error.reason.contains("[host-network]"))
    }
}
