import Foundation
import TestSupport
import Testing

/// `slipway context …` as a process: what is written where, and the exit codes.
struct ContextCommandTests {
    private func with(_ use: (CommandRunner) async throws -> Void) async throws {
        // No server is asked: one that is would show in the stub's requests.
        try await CommandRunner.with { _, slipway in
            try slipway.write("FROM scratch\nCOPY . /\n", to: "app/Dockerfile")
            try slipway.write("# what stays at home\n*.log\n!keep.log\nmodules/\nDockerfile\n", to: "app/.dockerignore")
            try slipway.write("a log\n", to: "app/a.log")
            try slipway.write("a log\n", to: "app/keep.log")
            try slipway.write("int main() {}\n", to: "app/src/main.c")
            try slipway.write("x", to: "app/modules/x/index.js")
            try slipway.write("ref: refs/heads/main\n", to: "app/.git/HEAD")
            let app = slipway.folder.appending(path: "app")
            try FileManager.default.createSymbolicLink(
                atPath: app.appending(path: "link").path, withDestinationPath: "src/main.c")
            for (name, mode) in [("src", 0o755), ("src/main.c", 0o4755)] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: mode], ofItemAtPath: app.appending(path: name).path)
            }
            for name in ["Dockerfile", ".dockerignore", "keep.log"] {
                try FileManager.default.setAttributes(
                    [.posixPermissions: 0o644], ofItemAtPath: app.appending(path: name).path)
            }
            try await use(slipway)
        }
    }

    @Test func `ls lists a folder for people`() async throws {
        try await with { slipway in
            let result = try await slipway.run("context", "ls", "app", isLocal: false)

            #expect(
                result.output == """
                    MODE            SIZE  PATH                NOTE
                    ----------  --------  ------------------  -------
                    -rw-r--r--  57 Bytes  .dockerignore
                    -rw-r--r--  22 Bytes  Dockerfile          carried
                    -rw-r--r--   6 Bytes  keep.log
                    lrwxrwxrwx            link -> src/main.c
                    drwxr-xr-x            src/
                    -rwsr-xr-x  14 Bytes  src/main.c

                    6 entries, 99 Bytes. Dockerfile: Dockerfile. Rules: .dockerignore.
                    What is carried travels along, but COPY does not see it.

                    """)
            #expect(result.errors == "")
            #expect(result.code == 0)
        }
    }

    @Test func `ls lists a folder for programs`() async throws {
        try await with { slipway in
            let result = try await slipway.run("context", "ls", "--docker-rules", "--json", "app")

            let fields = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
            #expect(
                fields["included"] as? [String] == [
                    ".dockerignore", ".git", ".git/HEAD", "keep.log", "link", "src", "src/main.c",
                ])
            #expect(fields["carried"] as? [String] == ["Dockerfile"])
            #expect(fields["bytes"] as? Int == 120)
            #expect(Set(fields.keys) == ["bytes", "carried", "dockerfile_path", "entries", "ignore_file", "included"])
        }
    }

    @Test func `-f is relative to where the caller is`() async throws {
        try await with { slipway in
            try slipway.write("FROM scratch\n", to: "app/modules/Other")

            let result = try await slipway.run("context", "ls", "--json", "-f", "app/modules/Other", "app")

            let fields = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
            #expect(fields["dockerfile_path"] as? String == "modules/Other")
            #expect(fields["carried"] as? [String] == ["modules", "modules/Other"])
        }
    }

    @Test func `tar writes what ls lists`() async throws {
        try await with { slipway in
            let archive = slipway.folder.appending(path: "context.tar").path
            for option in ["", " --gzip"] {
                let (code, _) = try await shell(
                    "'\(slipway.program)' context tar app\(option) >'\(archive)'", in: slipway)
                let (listed, names) = try await shell("tar -tf '\(archive)'", in: slipway)

                #expect(code == 0)
                #expect(listed == 0)
                #expect(names == ".dockerignore\nDockerfile\nkeep.log\nlink\nsrc/\nsrc/main.c\n")
            }
        }
    }

    @Test func `no time in a tar is later than SOURCE_DATE_EPOCH`() async throws {
        try await with { slipway in
            let command = "SOURCE_DATE_EPOCH=1000 '\(slipway.program)' context tar app"
            let (code, listing) = try await shell("\(command) | tar --list --verbose --utc --full-time", in: slipway)
            let (kept, newer) = try await shell(
                "\(command) --mtime keep | tar --list --verbose --utc --full-time", in: slipway)

            #expect(code == 0 && kept == 0)
            let lines = listing.split(separator: "\n")
            #expect(lines.count == 6 && lines.allSatisfy { $0.contains("1970-01-01 00:16:40") })
            #expect(!newer.contains("1970-01-01"))
        }
    }

    @Test func `what is piped in or lies at a URL is listed as it is`() async throws {
        try await with { slipway in
            let archive = slipway.folder.appending(path: "context.tar")
            let (code, _) = try await shell("'\(slipway.program)' context tar app >'\(archive.path)'", in: slipway)
            #expect(code == 0)
            let bytes = Array(try Data(contentsOf: archive))
            let expected = [".dockerignore", "Dockerfile", "keep.log", "link", "src", "src/main.c"]
            let cache = ["XDG_CACHE_HOME": slipway.folder.path + "/cache"]
            func included(_ output: String) throws -> [String]? {
                let fields = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]
                return fields?["included"] as? [String]
            }

            let piped = try await slipway.run(
                ["context", "ls", "--json", "-"], inputFile: archive, environment: cache)
            let lone = try await slipway.run("context", "ls", "--json", "-", input: "FROM scratch\n")
            let none = try await slipway.run("context", "ls", "--json", "-f", "app/Dockerfile", "/dev/null")
            try await LoopbackServer.with({ _, connection in try connection.answer(200, body: bytes) }) { server in
                let fetched = try await slipway.run(
                    "context", "ls", "--json", server.url + "/context.tar", environment: cache)

                #expect(try included(fetched.output) == expected, "\(fetched.output)")
            }

            #expect(try included(piped.output) == expected, "\(piped.output)")
            #expect(try included(lone.output) == ["Dockerfile"])
            #expect(try included(none.output) == ["Dockerfile"])
        }
    }

    @Test func `tar fails where nothing can be written`() async throws {
        try await with { slipway in
            let (code, output) = try await shell(
                "'\(slipway.program)' context tar app >/dev/full 2>&1 || exit 9", in: slipway)
            let (unread, _) = try await shell("'\(slipway.program)' context tar nowhere 2>/dev/null", in: slipway)

            #expect(code == 9, "\(output)")
            #expect(unread == 1)
        }
    }

    @Test(
        arguments: [
            ("a.log", "a.log is left out: line 2 of .dockerignore, '*.log', matches it."),
            ("keep.log", "keep.log is in the context: line 3 of .dockerignore, '!keep.log', brings it back."),
            ("src/main.c", "src/main.c is in the context: no rule of .dockerignore matches it."),
            (
                "modules",
                "modules is left out: line 4 of .dockerignore, 'modules', matches it. The folder is not even opened."
            ),
            (
                "modules/x/index.js",
                "modules/x/index.js is left out: line 4 of .dockerignore, 'modules', matches modules/ and all below it."
            ),
            (
                ".git/HEAD",
                ".git/HEAD is left out: version-control files are, unless the ignore file asks for them as '!.git/**' does; "
                    + ".git above it is one."
            ),
            (
                "Dockerfile",
                "Dockerfile travels although it is left out: it is the Dockerfile. COPY does not see it. What leaves it out: "
                    + "line 5 of .dockerignore, 'Dockerfile', matches it."
            ),
            (
                "link/x",
                "link/x is not in the context: link is a symbolic link, and it travels as a link. What it leads to is not "
                    + "followed."
            ),
            (
                "b.log",
                "There is no b.log. If there were, it would be left out: line 2 of .dockerignore, '*.log', matches it."
            ),
        ])
    func `explain names what decided`(path: String, sentence: String) async throws {
        try await with { slipway in
            let result = try await slipway.run("context", "explain", "app", path)

            #expect(result.output == sentence + "\n")
            #expect(result.code == 0)
        }
    }

    @Test func `explain tells programs, and takes the path of a file on the disk`() async throws {
        try await with { slipway in
            let path = slipway.folder.resolvingSymlinksInPath().appending(path: "app/modules/x").path

            let result = try await slipway.run("context", "explain", "--json", "app", path)

            #expect(
                result.output == """
                    {
                      "cause": "rule",
                      "excluded": true,
                      "ignore_file": ".dockerignore",
                      "line": 4,
                      "matched": "modules",
                      "path": "modules/x",
                      "rule": "modules",
                      "verdict": "excluded"
                    }

                    """)
        }
    }

    @Test func `match tries rules on paths, from a file and from standard input`() async throws {
        try await with { slipway in
            let table = try await slipway.run(
                "context", "match", "--rules", "app/.dockerignore", "a.log", "./keep.log", "modules/x", "/src")
            let json = try await slipway.run(
                "context", "match", "--rules", "-", "--json", "a", "b", input: "*\n!b\n")

            #expect(
                table.output == """
                    PATH        RESULT    LINE  RULE       MATCHES
                    ----------  --------  ----  ---------  --------
                    a.log       left out  2     *.log      a.log
                    ./keep.log  kept      3     !keep.log  keep.log
                    modules/x   left out  4     modules    modules
                    /src        kept

                    """)
            #expect(
                json.output == """
                    [
                      {
                        "excluded": true,
                        "path": "a"
                      },
                      {
                        "excluded": false,
                        "path": "b"
                      }
                    ]

                    """)
        }
    }

    @Test func `parse tells people and programs, and people get no password`() async throws {
        try await with { slipway in
            let reference = "https://me:hunter2@git.example.com/team/app.git#v1:src"
            let table = try await slipway.run("context", "parse", reference)
            let json = try await slipway.run("context", "parse", "--json", reference)

            #expect(
                table.output == """
                    Kind:    git
                    Remote:  https://git.example.com/team/app.git
                    Ref:     v1
                    Folder:  src

                    """)
            #expect(
                json.output == """
                    {
                      "kind": "git",
                      "ref": "v1",
                      "remote": "https://me:hunter2@git.example.com/team/app.git",
                      "subdir": "src"
                    }

                    """)
            #expect(!(table.output + table.errors + json.errors).contains("hunter2"))
        }
    }

    @Test(
        arguments: [
            (["ls", "nowhere"], "not-found", nil), (["ls", "app/a.log"], "not-a-folder", nil),
            (["ls", "empty"], "no-dockerfile", nil), (["ls", "broken"], "invalid-pattern", 2),
            (["explain", "app", "../x"], "folder-outside", nil),
            (["match", "--rules", "broken/.dockerignore", "x"], "invalid-pattern", 2),
            (["match", "--rules", "nowhere", "x"], "ignore-file-unreadable", nil),
            (["parse", "ftp://host/x"], "unknown-scheme", nil),
            (["parse", "https://git.example.com/a.git#-x"], "bad-ref", nil),
            (["ls", "oci://host/a:1"], "source-refused", nil), (["ls", "-"], "failed", nil),
        ] as [([String], String, Int?)])
    func `an error is exit status 1, a line, and for programs its code`(
        arguments: [String], code: String, line: Int?
    ) async throws {
        try await with { slipway in
            try slipway.write("", to: "empty/file")
            try slipway.write("FROM scratch\n", to: "broken/Dockerfile")
            try slipway.write("ok\n[\n", to: "broken/.dockerignore")

            let plain = try await slipway.run(["context"] + arguments)
            let json = try await slipway.run(["context"] + arguments + ["--json"])

            #expect(plain.code == 1)
            #expect(plain.output == "")
            #expect(plain.errors.hasPrefix("error: "))
            #expect(json.code == 1)
            #expect(json.errors == "")
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: [String: Any]]
            #expect(object?["error"]?["code"] as? String == code)
            #expect(object?["error"]?["line"] as? Int == line)
            #expect((object?["error"]?["message"] as? String).map { plain.errors == "error: \($0)\n" } == true)
        }
    }

    private func shell(
        _ command: String, in slipway: CommandRunner
    ) async throws -> (code: Int32, output: String) {
        let ending = try await ChildProcess(["/bin/sh", "-c", command], folder: slipway.folder.path).ended()
        return (ending.code, ending.output)
    }
}
