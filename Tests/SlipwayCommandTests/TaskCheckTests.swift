import Foundation
import TestSupport
import Testing

/// `slipway task check` and `slipway task render`, as programs.
struct TaskCheckTests {
    @Test func `a right file is shown as steps and what the pool must allow`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write(
                """
                version: v1.1.0
                alias: {src: [names.yml]}
                steps:
                  - {id: one, cmd: busybox echo $name}
                  - {id: two, cmd: "busybox a | cat", privileged: true}
                """, to: "task.yaml")
            try runner.write("name: 'value of {{.Run.ID}}'\n", to: "files/names.yml")
            try runner.write(#"{"id": "cf1"}"#, to: "run.json")
            let options = ["task.yaml", "--context", "files", "--run", "run.json"]

            let checked = try await runner.run(["task", "check"] + options)
            let rendered = try await runner.run(["task", "render"] + options)
            let denied = try await runner.run(["task", "check", "--policy", "privileged"] + options)

            #expect(checked.code == 0, "\(checked.errors)")
            #expect(checked.output.contains("one  at once  cmd: busybox echo value of cf1\n"))
            #expect(checked.output.contains("two  after one  cmd: busybox a | cat\n"))
            #expect(checked.output.contains("pools[].policy.allow: [docker-socket, privileged]"))
            #expect(rendered.code == 0)
            #expect(rendered.output.contains("cmd: busybox echo value of cf1}"))
            #expect(denied.code == 1)
            #expect(denied.errors.contains("[docker-socket]"))
        }
    }

    @Test func `a wrong file is shown with its line and a mark`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write("steps:\n  - cmd: a\n    when: [b]\n", to: "task.yaml")

            let result = try await runner.run("task", "check", "task.yaml")
            let json = try await runner.run("task", "check", "--json", "task.yaml")

            #expect(result.code == 1)
            #expect(result.output.isEmpty)
            #expect(result.errors.contains("task.yaml:3:11: 'when' of 'acb_step_0' names 'b'"))
            #expect(result.errors.contains("      when: [b]\n            ^\n"))
            #expect(json.code == 1)
            let found = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            let error = try #require(found["error"] as? [String: Any])
            #expect(found["valid"] as? Bool == false)
            #expect(error["code"] as? String == "when-unknown-step")
            #expect(error["line"] as? Int == 3)
        }
    }

    @Test func `a secret that is not given is asked for by its location`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write(
                "secrets: [{id: a, keyvault: 'https://v.example.com/secrets/n'}]\nsteps: [{cmd: 'x {{.Secrets.a}}'}]\n",
                to: "task.yaml")
            try runner.write(#"{"https://v.example.com/secrets/n": "s3"}"#, to: "secrets.json")

            let missing = try await runner.run("task", "render", "task.yaml")
            let given = try await runner.run("task", "render", "task.yaml", "--secrets", "secrets.json")

            #expect(missing.code == 1)
            #expect(missing.errors.contains("--secrets") && missing.errors.contains("https://v.example.com/secrets/n"))
            #expect(given.output.contains("x s3"))
        }
    }

    @Test func `secrets are stars in all that is shown`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write(
                "secrets: [{id: a, keyvault: 'https://v.example.com/secrets/N'}]\n"
                    + "steps: [{id: one, cmd: 'x {{.Secrets.a}} {{.Values.pw}}'}]\n", to: "task.yaml")
            try runner.write("steps: [{build: '--{{.Values.pw}} .'}]\n", to: "wrong.yaml")
            try runner.write(#"{"https://V.example.com/secrets/n": "vaulted"}"#, to: "secrets.json")
            let options = ["--secrets", "secrets.json", "--set-secret", "pw=hunter2"]

            let checked = try await runner.run(["task", "check", "task.yaml"] + options)
            let json = try await runner.run(["task", "check", "task.yaml", "--json"] + options)
            let rendered = try await runner.run(["task", "render", "task.yaml"] + options)
            let wrong = try await runner.run(["task", "check", "wrong.yaml"] + options)

            for result in [checked, json, rendered, wrong] {
                let shown = result.output + result.errors
                #expect(shown.contains("***") && !shown.contains("hunter2") && !shown.contains("vaulted"), "\(shown)")
            }
            #expect(rendered.output.contains("x *** ***"))
            #expect(wrong.errors.contains("'--***'"))
        }
    }

    @Test func `a file is checked without its secrets, which are told`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write(
                "secrets: [{id: a, keyvault: 'https://v.example.com/secrets/n'}]\n"
                    + "steps: [{cmd: 'x {{.Secrets.a}}', timeout: {{.Secrets.a}}}]\n", to: "task.yaml")
            try runner.write("{}", to: "none.json")

            let checked = try await runner.run("task", "check", "task.yaml")
            let json = try await runner.run("task", "check", "task.yaml", "--json", "--secrets", "none.json")

            #expect(checked.code == 0, "\(checked.errors)")
            #expect(checked.output.contains("  https://v.example.com/secrets/n\n"))
            #expect(json.code == 1)
            #expect(json.output.contains("\"secret-fetch\"") && json.output.contains("\"task\""))
        }
    }

    @Test(arguments: ["steps: [{{.Run.ID}}\n", "steps: [{cmd: '{{.Run.ID}}', when: [b]}]\n"])
    func `a wrong file is rendered, and then told what is wrong`(text: String) async throws {
        try await CommandRunner.with { _, runner in
            try runner.write(text, to: "task.yaml")

            let rendered = try await runner.run("task", "render", "task.yaml")
            let json = try await runner.run("task", "check", "--json", "task.yaml")

            #expect(rendered.code == 1)
            #expect(rendered.output == text.replacing("{{.Run.ID}}", with: "ca1"))
            #expect(rendered.errors.contains("task.yaml:"))
            #expect(json.output.contains("\"rendered\""))
        }
    }

    @Test func `lines are shown whatever ends them, and without control characters`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write("steps:\r\n  - cmd: a\r\n    when: [b]\r\n", to: "task.yaml")
            try runner.write("steps:\n  - cmd: a\n    when: [\"\\e[31m\"]\n", to: "odd.yaml")

            let result = try await runner.run("task", "check", "task.yaml")
            let odd = try await runner.run("task", "check", "odd.yaml")

            #expect(result.errors.contains("      when: [b]\n            ^\n"))
            #expect(odd.errors.contains("'\\u{1b}[31m'") && !odd.errors.contains("\u{1b}"))
        }
    }

    @Test func `what is not read, and what is no UTF-8, is told`() async throws {
        try await CommandRunner.with { _, runner in
            try runner.write("steps: [{cmd: a}]\n---\nsteps: [{cmd: b}]\n", to: "task.yaml")
            try Data([0x61, 0x0a, 0xff]).write(to: runner.folder.appending(path: "odd.yaml"))

            let checked = try await runner.run("task", "check", "task.yaml")
            let odd = try await runner.run("task", "check", "--json", "odd.yaml")

            #expect(checked.code == 0)
            #expect(checked.output.contains("line 2 is not read"))
            #expect(odd.code == 1)
            #expect(odd.output.contains("\"yaml-syntax\"") && odd.output.contains("\"line\": 2"))
        }
    }
}
