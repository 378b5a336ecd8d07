import Foundation
import TestSupport
import Testing

struct TaskCredentialCommandTests {
    private static let task = #"{"name":"task1","properties":{}}"#

    @Test(arguments: [
        (
            ["-u", "me", "-p", "word"],
            #"{"password":{"type":"Opaque","value":"word"},"userName":{"type":"Opaque","value":"me"}}"#
        ),
        (
            [
                "-u", "https://v.test/secrets/user", "-p", "https://v.test/secrets/password", "--use-identity",
                "[system]",
            ],
            #"{"identity":"[system]","password":{"type":"Vaultsecret","value":"https://v.test/secrets/password"},"#
                + #""userName":{"type":"Vaultsecret","value":"https://v.test/secrets/user"}}"#
        ),
        (["--use-identity", "[system]"], #"{"identity":"[system]"}"#),
    ])
    func `a login may name secrets of a vault, as with the Azure CLI`(options: [String], login: String) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.answers = ["GET /tasks/task1": Self.task, "PATCH /tasks/task1": Self.task] }
            stub.change { $0.answers["POST /tasks/task1/listDetails"] = Self.task }

            let result = try await slipway.run(
                ["task", "credential", "add", "-n", "task1", "--login-server", "r.test"] + options)

            #expect(result.code == 0, "\(result.errors)")
            #expect(
                stub.now.bodies.last
                    == #"{"properties":{"credentials":{"customRegistries":{"r.test":\#(login)}}}}"#)
        }
    }
}
