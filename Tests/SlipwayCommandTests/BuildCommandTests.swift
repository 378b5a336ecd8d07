import Foundation
import TestSupport
import Testing

struct BuildCommandTests {
    private func fields(_ body: [UInt8]?) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body ?? [])) as? [String: Any])
    }

    @Test func `a folder is packed, uploaded and built, and its log shown with our line ends`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "app/Dockerfile")
            try slipway.write("hello\n", to: "app/sub/file.txt")
            stub.change {
                $0.log = Array("one\r\ntwo\r\n".utf8)
                $0.complete = "successful"
                $0.status = "Succeeded"
            }

            let result = try await slipway.run("build", "-t", "hello:{{.Run.ID}}", "app")

            #expect(result.output == "one\ntwo\n")
            #expect(result.code == 0)
            let size = try #require(stub.now.uploads.first?.count)
            #expect(
                result.errors == """
                    Packing source code into tar to upload...
                    Sending context (\(size).000 Bytes) to registry: acme01...
                    Queued a build with ID: ca1
                    Waiting for an agent...

                    """)
            #expect(stub.now.uploads.first?.prefix(2) == [0x1f, 0x8b])
            let request = try fields(stub.now.scheduled.first)
            #expect(request["type"] as? String == "DockerBuildRequest")
            #expect(request["sourceLocation"] as? String == "source/c.tar.gz")
            #expect(request["dockerFilePath"] as? String == "Dockerfile")
            #expect(request["imageNames"] as? [String] == ["hello:{{.Run.ID}}"])
            #expect(request["isPushEnabled"] as? Bool == true)
        }
    }

    @Test func `caches are named as docker's client names them`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "Dockerfile")

            let named = try await slipway.run(
                "build", "--no-wait", "--cache-from", "a:1", "--cache-from", "type=registry,ref=r.test/b", "--cache-to",
                "type=registry,ref=c:2,mode=max", ".")
            let inline = try await slipway.run("build", "--no-wait", "--cache-to", "type=inline", ".")
            let wrong = try await slipway.run("build", "--no-wait", "--cache-to", "type=gha", ".")

            #expect([named.code, inline.code, wrong.code] == [0, 0, 64], "\(named.errors)")
            let requests = try stub.now.scheduled.map { try fields($0) }
            #expect(requests.first?["cacheFrom"] as? [String] == ["a:1", "r.test/b"])
            #expect(requests.map { $0["cacheTo"] as? String } == ["c:2", "inline"])
            #expect(requests.map { $0["cacheMode"] as? String } == ["max", nil])
            #expect(stub.now.uploads.count == 2)
        }
    }

    @Test func `an upload is compressed with zstd where the server takes it`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "Dockerfile")
            stub.change { $0.compressions = ["gzip", "zstd"] }

            let result = try await slipway.run("build", "--no-wait", ".")

            #expect(result.code == 0, "\(result.errors)")
            #expect(stub.now.uploads.first?.prefix(4) == [0x28, 0xb5, 0x2f, 0xfd])
        }
    }

    @Test func `an archive on standard input is uploaded as it comes, and taken as it is`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "app/sub/Dockerfile")
            // More than what fits into any pipe.
            try slipway.write(String(repeating: "a line\n", count: 300_000), to: "app/text")
            try await ChildProcess.run(["tar", "-cf", "app.tar", "app"], folder: slipway.folder.path)
            let archive = slipway.folder.appending(path: "app.tar")

            let result = try await slipway.run(
                ["build", "--no-wait", "-f", "app/sub/Dockerfile", "-"], inputFile: archive)

            #expect(result.code == 0, "\(result.errors)")
            #expect(stub.now.uploads == [Array(try Data(contentsOf: archive))])
            let request = try fields(stub.now.scheduled.first)
            #expect(request["sourceLocation"] as? String == "source/c.tar.gz")
            #expect(request["dockerFilePath"] as? String == "app/sub/Dockerfile")
            #expect(request["appliesIgnoreFile"] as? Bool == false)
        }
    }

    /// The files in the archive that was uploaded, gzip.
    private func uploaded(_ stub: ResourceAPIStub, _ slipway: CommandRunner) async throws -> [String: String] {
        let folder = slipway.folder.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(stub.now.uploads.first ?? []).write(to: folder.appending(path: "a.tar.gz"))
        try await ChildProcess.run(["tar", "-xzf", "a.tar.gz"], folder: folder.path)
        try FileManager.default.removeItem(at: folder.appending(path: "a.tar.gz"))
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            files[name] = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return files
    }

    @Test(arguments: [["-"], ["/dev/null", "-f", "-"], ["/dev/null", "-f", "Other"], ["/DEV/NULL", "-f", "URL"]])
    func `a Dockerfile without a context is a context of that file alone`(arguments: [String]) async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(200, body: "FROM scratch\n")
        } use: { server in
            try await CommandRunner.with { stub, slipway in
                try slipway.write("FROM scratch\n", to: "Other")
                let arguments = arguments.map { $0 == "URL" ? server.url + "/D" : $0 }

                let result = try await slipway.run(
                    ["build", "--no-wait"] + arguments, input: arguments.contains("-") ? "FROM scratch\n" : "")

                #expect(result.code == 0, "\(result.errors)")
                #expect(try await uploaded(stub, slipway) == ["Dockerfile": "FROM scratch\n"])
                #expect(try fields(stub.now.scheduled.first)["dockerFilePath"] as? String == "Dockerfile")
            }
        }
    }

    @Test func `a file of a Dockerfile on standard input is a mistake`() async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.run("build", "-f", "sub/Dockerfile", "-", input: "FROM scratch\n")

            #expect(result.code == 1)
            #expect(result.errors.contains("sub/Dockerfile"))
            #expect(stub.now.scheduled.isEmpty)
        }
    }

    @Test func `a Dockerfile from a URL goes with a folder, and a refusal is told without its query`() async throws {
        try await LoopbackServer.with { request, connection in
            try connection.answer(
                request.path == "/D" ? 200 : 404, body: request.path == "/D" ? "FROM url\n" : request.target)
        } use: { server in
            try await CommandRunner.with { stub, slipway in
                try slipway.write("FROM scratch\n", to: "app/Dockerfile")

                let result = try await slipway.run(
                    "build", "--no-wait", "-f", server.url + "/D?sig=secretsecret", "app")
                let missing = try await slipway.run("build", "-f", server.url + "/N?sig=secretsecret", "app")

                #expect(result.code == 0, "\(result.errors)")
                let name = try #require(try fields(stub.now.scheduled.first)["dockerFilePath"] as? String)
                #expect(name.hasPrefix(".dockerfile."))
                #expect(try await uploaded(stub, slipway)[name] == "FROM url\n")
                #expect(missing.code == 1)
                #expect(missing.errors.contains("404"))
                #expect(!missing.errors.contains("secretsecret"))
                #expect(stub.now.scheduled.count == 1)
            }
        }
    }

    @Test func `.git is asked for in the request, of a folder and of a repository`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "Dockerfile")

            for context in [".", "https://git.example.test/app.git"] {
                _ = try await slipway.run("build", "--no-wait", "--include-git", context)
            }

            #expect(stub.now.scheduled.count == 2)
            for body in stub.now.scheduled { #expect(try fields(body)["includeGit"] as? Bool == true) }
        }
    }

    /// What GNU tar says of an archive, times in UTC.
    private static func listing(of archive: URL) async throws -> String {
        try await ChildProcess.run(["tar", "--list", "--verbose", "--utc", "--full-time", "--file", archive.path])
    }

    @Test(arguments: [
        ([], "1000", "1000"), (["--mtime", "clamp"], "1000", "1000"), (["--mtime", "keep"], "1000", "2000"),
        (["--mtime", "keep"], "soon", "2000"), ([], "", "2000"),
    ])
    func `no time is later than SOURCE_DATE_EPOCH, unless times are kept`(
        options: [String], variable: String, expected: String
    ) async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "app/Dockerfile")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 2000)],
                ofItemAtPath: slipway.folder.path + "/app/Dockerfile")

            let result = try await slipway.run(
                ["build", "--no-wait", "app"] + options, environment: ["SOURCE_DATE_EPOCH": variable])
            let upload = slipway.folder.appending(path: "upload.tar.gz")
            try Data(try #require(stub.now.uploads.first)).write(to: upload)
            let listing = try await Self.listing(of: upload)

            #expect(result.code == 0)
            let time = expected == "1000" ? "1970-01-01 00:16:40" : "1970-01-01 00:33:20"
            #expect(listing.contains(time))
        }
    }

    @Test(arguments: [(["--mtime", "clamp"], ""), ([], "yesterday"), ([], "-1"), (["--mtime", "clamp"], "1.5")])
    func `a source date that is none is an error`(options: [String], variable: String) async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "app/Dockerfile")

            let result = try await slipway.run(
                ["build", "app"] + options, environment: ["SOURCE_DATE_EPOCH": variable])

            #expect(result.code == 1)
            #expect(result.errors.contains("SOURCE_DATE_EPOCH"))
            #expect(stub.now.uploads.isEmpty)
        }
    }

    @Test func `a git reference is handed on as it was typed, with every option`() async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.run(
                "build", "-r", "acme01", "-t", "a:1", "--image", "b:2", "-f", "sub/Dockerfile", "--build-arg", "A=1=2",
                "--build-arg", "FROMENV",
                "--secret-build-arg", "TOKEN", "--target", "t", "--platform", "linux/arm64/v8", "--no-push",
                "--no-cache", "--label", "k=v",
                "--builder", "classic", "--no-wait", "--timeout", "120", "--agent-pool", "p1",
                "--auth-mode", "none",
                "https://git.example.test/team/app.git#main:folder",
                environment: ["FROMENV": "env", "TOKEN": "hunter2"])

            #expect(result.code == 0)
            #expect(result.output.isEmpty)
            #expect(result.errors == "Sending context to registry: acme01...\nQueued a build with ID: ca1\n")
            #expect(stub.now.uploads.isEmpty)
            let expected = #"""
                {"type": "DockerBuildRequest", "sourceLocation": "https://git.example.test/team/app.git#main:folder",
                 "imageNames": ["a:1", "b:2"], "isPushEnabled": false, "dockerFilePath": "sub/Dockerfile", "target": "t", "timeout": 120,
                 "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}, "noCache": true, "labels": {"k": "v"},
                 "builder": "classic", "agentPoolName": "p1", "credentials": {"sourceRegistry": {"loginMode": "None"}},
                 "arguments": [{"type": "Argument", "name": "A", "value": "1=2", "isSecret": false},
                               {"type": "Argument", "name": "FROMENV", "value": "env", "isSecret": false},
                               {"type": "Argument", "name": "TOKEN", "value": "hunter2", "isSecret": true}]}
                """#
            #expect(
                try fields(stub.now.scheduled.first) as NSDictionary == fields(Array(expected.utf8)) as NSDictionary)
            #expect(!(result.output + result.errors).contains("hunter2"))
        }
    }

    @Test(arguments: [
        ("Failed", "failed", Int32(1)), ("Error", "internalerror", 1), ("Canceled", "canceled", 4),
        ("Timeout", "timedout", 5),
    ])
    func `the exit code is that of the run`(status: String, word: String, code: Int32) async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change {
                $0.status = status
                $0.complete = word
                $0.errorMessage = "it went wrong"
            }

            let result = try await slipway.run("build", "https://git.example.test/app.git")

            #expect(result.code == code)
            #expect(result.errors.hasSuffix("error: Run ca1 ended as \(status)\n"))
        }
    }

    @Test func `without logs the run is shown when it has ended`() async throws {
        try await CommandRunner.with { stub, slipway in
            let result = try await slipway.run("build", "--no-logs", "-o", "tsv", "https://git.example.test/app.git") {
                _ in
                await stub.wait { !$0.scheduled.isEmpty }
                stub.change { $0.status = "Succeeded" }
            }

            #expect(result.code == 0)
            #expect(result.output == "ca1\t\tLinux\tSucceeded\tManual\t2026-01-31T09:30:01Z\t01:01:01\n")
        }
    }

    @Test(
        arguments: [
            (["build", "-t", "Bad Name", "."], 1, "(InvalidName)"),
            (["build", "nowhere"], 1, "nowhere"),
            (["build", "empty"], 1, "Dockerfile"),
            (["build", "-f", "missing", "empty"], 1, "missing"),
            (["build", "/dev/null"], 1, "-f"),
            (["build", "-f", "missing", "/dev/null"], 1, "missing"),
            (["build", "-"], 1, "standard input"),
            (["build", "-f", "-", "-"], 1, "-f"),
            (["build", "-f", "-", "https://git.example.test/app.git"], 1, "-f"),
            (["build", "-f", "https://h.example.test/D", "https://h.example.test/a.tgz"], 1, "-f"),
            (["build", "-f", "http://h.example.test/D", "empty"], 1, "http://h.example.test"),
            (["build", "-f", "ftp://h.example.test/D", "empty"], 1, "ftp://h.example.test/D"),
            (["build", "--timeout", "0", "."], 64, "--timeout"),
            (["build", "--platform", "plan9", "."], 64, "plan9"),
            (["build", "-r", "other", "https://git.example.test/app.git"], 3, "There is: acme01"),
            (["build"], 64, "context"),
        ] as [([String], Int32, String)])
    func `what can't be built is said in a line, and nothing is sent`(arguments: [String], code: Int32, part: String)
        async throws
    {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("", to: "empty/file")

            let result = try await slipway.run(arguments)

            #expect(result.code == code, "\(result.errors)")
            #expect(result.errors.contains(part), "\(result.errors)")
            #expect(stub.now.uploads.isEmpty)
            #expect(stub.now.scheduled.isEmpty)
        }
    }

    @Test func `a file that can't be packed breaks the upload off and queues nothing`() async throws {
        try await CommandRunner.with { stub, slipway in
            try slipway.write("FROM scratch\n", to: "app/Dockerfile")
            let file = slipway.folder.appending(path: "app/large")
            var generator = SystemRandomNumberGenerator()
            let words = (0..<(4 << 20)).map { _ in generator.next() }
            try words.withUnsafeBytes { try Data($0).write(to: file) }
            stub.change { $0.stallsUploads = true }

            let result = try await slipway.run("build", "app") { _ in
                // Packing is held up in the middle of the file, which then gets shorter.
                await stub.wait { $0.stalledUploads == 1 }
                try FileHandle(forWritingTo: file).truncate(atOffset: 1)
                stub.change { $0.stallsUploads = false }
            }

            #expect(result.code == 1)
            #expect(result.errors.contains("error: "), "\(result.errors)")
            #expect(result.errors.contains("large"))
            await stub.wait { $0.brokenUploads == 1 }
            #expect(stub.now.uploads.isEmpty)
            #expect(stub.now.scheduled.isEmpty)
        }
    }

    @Test func `a refused upload is told in the server's words`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.uploadStatus = 413 }
            try slipway.write("FROM scratch\n", to: "Dockerfile")

            let result = try await slipway.run("build", ".")

            #expect(result.code == 1)
            #expect(result.errors.hasSuffix("error: The context was not taken: (ContextTooLarge) More than 4 <GiB>.\n"))
            #expect(stub.now.scheduled.isEmpty)
        }
    }

    @Test func `without a terminal Ctrl-C leaves and the run goes on`() async throws {
        try await CommandRunner.with { stub, slipway in
            stub.change { $0.log = Array("begun\r\n".utf8) }

            let result = try await slipway.run("build", "https://git.example.test/app.git") { process in
                await stub.wait { $0.linksGiven > 0 }
                process.interrupt()
            }

            #expect(result.code == 130)
            #expect(result.errors.hasSuffix("Run ca1 goes on. Follow it with: slipway logs -f ca1\n"))
            #expect(stub.now.cancels == 0)
        }
    }
}
