import Foundation
import TestSupport
import Testing

struct HookCommandTests {
    private static let hook = #"""
        {"name":"outer","kind":"harbor","host":"harbor.example.test","url":"https://s.test/hooks/harbor/0a","secret":"s3cret"}
        """#

    private func withHook(_ body: (ResourceAPIStub, CommandRunner) async throws -> Void) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.answers = [
                    "GET /registryHooks": #"{"value":[\#(Self.hook.replacing(#","secret":"s3cret""#, with: ""))]}"#,
                    "PUT /registryHooks/outer": Self.hook, "POST /registryHooks/outer/listDetails": Self.hook,
                    "DELETE /registryHooks/outer": "{}",
                ]
            }
            try await body(stub, slipway)
        }
    }

    @Test func `a hook is made, and what to give the registry is printed`() async throws {
        try await withHook { stub, slipway async throws in
            let made = try await slipway.run([
                "trigger", "hook", "create", "--name", "outer", "--kind", "harbor", "--host", "harbor.example.test",
            ])
            let shown = try await slipway.run(["trigger", "hook", "show", "-n", "outer"])

            let text = """
                NAME   KIND    HOST                 URL                             SECRET
                -----  ------  -------------------  ------------------------------  ------
                outer  harbor  harbor.example.test  https://s.test/hooks/harbor/0a  s3cret

                """
            #expect(made.output == text)
            #expect(shown.output == text)
        }
    }

    @Test func `hooks are listed without secrets, and deleted`() async throws {
        try await withHook { stub, slipway async throws in
            let listed = try await slipway.run(["trigger", "hook", "list"])
            let deleted = try await slipway.run(["trigger", "hook", "delete", "-n", "outer", "--yes"])

            #expect(listed.output.contains("outer  harbor"))
            #expect(!listed.output.contains("s3cret"))
            #expect(deleted.code == 0)
        }
    }

    @Test(arguments: [
        ["trigger", "hook", "show", "-n"], ["trigger", "hook", "delete", "--yes", "-n"], ["task", "export"],
    ])
    func `S12 a name that would be another path is refused before anything is asked`(command: [String]) async throws {
        try await withHook { stub, slipway async throws in
            let result = try await slipway.run(command + ["../tasks/x"])

            #expect(result.code != 0)
            #expect(result.errors.contains("'../tasks/x' is no name of a"))
        }
    }

    @Test func `a kind that nobody knows is refused before anything is asked`() async throws {
        try await withHook { stub, slipway async throws in
            let result = try await slipway.run(["trigger", "hook", "create", "--name", "outer", "--kind", "quay"])

            #expect(result.code != 0)
            #expect(result.errors.contains("distribution, harbor, acr, docker-hub"))
        }
    }
}
