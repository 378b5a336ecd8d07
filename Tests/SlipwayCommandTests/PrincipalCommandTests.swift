import Foundation
import TestSupport
import Testing

struct PrincipalCommandTests {
    private static let path = "/slipway/v1/principals"

    private func principal(_ more: String = "") -> String {
        #"{"clientId":"0a-1b","displayName":"nightly","isOwn":false,"createTime":"2026-01-31T09:30:00Z","#
            + #""roles":[{"role":"Builder","registry":"acme01"},{"role":"Reader"}],"#
            + #""secrets":[{"id":"5e","createTime":"2026-01-31T09:30:00Z"}]\#(more)}"#
    }

    @Test func `a new principal's secret is shown once, on standard output`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.answers["POST " + Self.path] = principal(#","clientSecret":"s3cret""#) }

            let table = try await slipway.run(
                "principal", "create", "nightly", "--role", "builder", "--registry", "acme01")
            let json = try await slipway.run("principal", "create", "nightly", "-o", "json")

            #expect(table.code == 0, "\(table.errors)")
            #expect(table.output.contains("s3cret") && !table.errors.contains("s3cret"))
            #expect(json.output.contains(#""clientSecret": "s3cret""#))
            #expect(
                stub.now.bodies == [
                    #"{"displayName":"nightly","roles":[{"registry":"acme01","role":"builder"}]}"#,
                    #"{"displayName":"nightly","roles":[]}"#,
                ])
        }
    }

    @Test func `principals are listed and shown with their roles`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.answers["GET " + Self.path] = #"{"value":[\#(principal())]}"#
                $0.answers["GET " + Self.path + "/0a-1b"] = principal()
            }

            let list = try await slipway.run("principal", "list")
            let show = try await slipway.run("principals", "show", "0a-1b", "-o", "tsv")
            let missing = try await slipway.run("principal", "show", "ff")

            #expect(
                list.output == """
                    CLIENT ID  NAME     ROLES                      SECRETS  CREATED
                    ---------  -------  -------------------------  -------  --------------------
                    0a-1b      nightly  Builder in acme01, Reader  5e       2026-01-31T09:30:00Z

                    """)
            #expect(show.output == "0a-1b\tnightly\tBuilder in acme01, Reader\t5e\t2026-01-31T09:30:00Z\n")
            #expect(missing.code == 3)
        }
    }

    @Test func `secrets are rotated, roles given and taken, principals removed`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                for action in ["rotate", "assign", "unassign"] {
                    $0.answers["POST " + Self.path + "/0a-1b/" + action] = principal()
                }
                $0.answers["DELETE " + Self.path + "/0a-1b"] = "{}"
            }

            for arguments in [
                ["rotate", "0a-1b", "--grace", "60"], ["assign", "0a-1b", "--role", "Reader", "--role", "AcrPush"],
                ["unassign", "0a-1b", "--role", "Reader", "-r", "acme01"], ["delete", "0a-1b"],
            ] {
                let result = try await slipway.run(["principal"] + arguments)
                #expect(result.code == 0, "\(arguments): \(result.errors)")
            }

            #expect(
                stub.now.bodies == [
                    #"{"graceSeconds":60}"#, #"{"role":"Reader"}"#, #"{"role":"AcrPush"}"#,
                    #"{"registry":"acme01","role":"Reader"}"#, "",
                ])
        }
    }

    @Test(arguments: [
        ["create", "a", "--role", "King"], ["create", "a", "--registry", "acme01"], ["assign", "0a-1b"],
        ["show", "../x"], ["rotate", "0a-1b", "--grace", "-1"],
    ])
    func `command lines that mean nothing are refused before anything is sent`(arguments: [String]) async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.run(["principal"] + arguments)

            #expect(result.code == 64)
            #expect(stub.now.tokensGiven == 0)
        }
    }
}
