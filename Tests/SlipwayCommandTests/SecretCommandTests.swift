import Foundation
import TestSupport
import Testing

struct SecretCommandTests {
    private static let location = "https://v.test/secrets/a"
    private static let secret = #"""
        {"location":"https://v.test/secrets/a","versions":[
         {"id":"0b","createTime":"2026-02-01T09:30:00Z","createdBy":"me"},
         {"id":"0a","createTime":"2026-01-31T09:30:00Z","createdBy":"you"}]}
        """#

    private func withSecret(_ body: (ResourceAPIStub, CommandRunner) async throws -> Void) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.answers = [
                    "GET /secrets": #"{"value":[\#(Self.secret)]}"#, "PUT /secrets/v.test/a": Self.secret,
                    "DELETE /secrets/v.test/a": "{}", "DELETE /secrets/v.test/a/0a": "{}",
                ]
            }
            try await body(stub, slipway)
        }
    }

    @Test(arguments: [
        ("word", [], "word"), ("word\n", [], "word"), ("word\r\n", [], "word"), ("a\nb\n\n", [], #"a\nb\n"#),
        ("word\n", ["--keep-newline"], #"word\n"#), (" two words ", ["--value-file", "-"], " two words "),
        ("", ["--value-file", "file"], "of a file"),
    ])
    func `a value comes from standard input or a file, without the line end after it`(
        input: String, options: [String], value: String
    ) async throws {
        try await withSecret { stub, slipway async throws in
            try slipway.write("of a file\n", to: "file")

            let result = try await slipway.run(["secret", "set", Self.location] + options, input: input)

            #expect(
                result.output == """
                    LOCATION                  VERSION  CREATED               BY
                    ------------------------  -------  --------------------  --
                    https://v.test/secrets/a  0b       2026-02-01T09:30:00Z  me

                    """, "\(result.errors)")
            #expect(stub.now.bodies == [#"{"value":"\#(value)"}"#])
        }
    }

    @Test func `at a terminal a value is asked for and not shown`() async throws {
        try await withSecret { stub, slipway async throws in
            let result = try await slipway.runOnTerminal("secret", "set", Self.location) { _, terminal in
                await terminal.wait { $0.hasSuffix("Value: ") }
                try terminal.type("hunter2\n")
            }

            #expect(result.code == 0)
            #expect(!result.screen.contains("hunter2"))
            #expect(stub.now.bodies == [#"{"value":"hunter2"}"#])
        }
    }

    @Test func `what is no value is refused, and nothing is sent`() async throws {
        try await withSecret { stub, slipway async throws in
            try Data([0xff, 0xfe]).write(to: slipway.folder.appending(path: "bytes"))

            let empty = try await slipway.run("secret", "set", Self.location, input: "\n")
            let bytes = try await slipway.run("secret", "set", Self.location, "--value-file", "bytes")

            #expect(empty.code == 1)
            #expect(empty.errors.contains("--value-file"))
            #expect(bytes.code == 1)
            #expect(bytes.errors.contains("Base64"))
            #expect(stub.now.bodies.isEmpty)
        }
    }

    @Test(arguments: [
        ["set", "a"], ["set", "http://v.test/secrets/a"], ["set", "https://v.test/secrets/a/0a"],
        ["set", location, "value"], ["delete", "https://v.test/keys/a", "-y"],
    ])
    func `command lines that mean nothing are refused before anything is sent`(arguments: [String]) async throws {
        try await withSecret { stub, slipway async throws in
            #expect(try await slipway.run(["secret"] + arguments).code == 64)
            #expect(stub.now.tokensGiven == 0)
        }
    }

    @Test func `secrets are listed with their versions`() async throws {
        try await withSecret { _, slipway async throws in
            let table = try await slipway.run("secrets")
            let json = try await slipway.run("secret", "list", "-o", "json")

            #expect(
                table.output == """
                    LOCATION                  VERSION  CREATED               BY
                    ------------------------  -------  --------------------  ---
                    https://v.test/secrets/a  0b       2026-02-01T09:30:00Z  me
                    https://v.test/secrets/a  0a       2026-01-31T09:30:00Z  you

                    """)
            let secrets = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
            #expect((secrets?.first?["versions"] as? [Any])?.count == 2)
        }
    }

    @Test func `a secret or a version of it is deleted without a question only when told so`() async throws {
        try await withSecret { stub, slipway async throws in
            let unasked = try await slipway.run("secret", "delete", Self.location)
            #expect(unasked.code == 1)
            #expect(unasked.errors.contains("with all its versions? There is no terminal"))
            #expect(stub.now.bodies.isEmpty)

            #expect(try await slipway.run("secret", "delete", Self.location, "-y").code == 0)
            #expect(try await slipway.run("secret", "delete", Self.location + "/0a", "--yes").code == 0)
            #expect(stub.now.bodies == ["", ""])
            #expect(try await slipway.run("secret", "delete", "https://v.test/secrets/b", "-y").code == 3)
        }
    }
}
