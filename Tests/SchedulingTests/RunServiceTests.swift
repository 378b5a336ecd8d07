import AgentProtocol
import Contexts
import Foundation
import Storage
import TaskModel
import Testing

@testable import Scheduling

struct RunServiceTests {
    @Test(arguments: [
        ("http://plain.example.test/app.git", "sources.allow"),
        ("git://git.example.test/app.git", "https://"),
        ("file:///etc", "file"),
        ("/etc", "/etc"),
        ("https://git.example.test/app.git#-x", "-x"),
        ("http://plain.example.test/app.tar.gz?sig=x", "sources.allow"),
        ("https://download.example.test:0/app.tar.gz", "port"),
        ("oci://r.example.test/app:v1", "may come later"),
        ("oci://user:s3cret@r.example.test/app:v1", "not fetched from: contexts"),
        ("oci://r.example.test/app", "artifact"),
        ("/dev/null", "a build needs one"),
        ("-", "Name a folder"),
        ("source/../../etc/passwd", "upload"),
        ("source/missing.tar.gz", "upload"),
        ("", "URL#ref:folder"),
    ])
    func `S2 sources that can't be built are refused before anything is stored`(source: String, word: String)
        async throws
    {
        try await TestServer.with { server async throws in
            let error = await #expect(throws: RunServiceError.self) {
                try await server.submit(TestServer.request(source: source))
            }

            #expect(error?.description.contains(word) == true)
            #expect(try await server.service.list(in: server.registry, RunFilter(), before: nil, limit: 10).isEmpty)
        }
    }

    @Test func `the refusal of a source has the API's code and a closer one`() {
        let escape = RunServiceError.invalidSource(.folderOutside("../x"))
        let scheme = RunServiceError.invalidSource(.unknownScheme("ftp://x"))

        #expect([escape.code, escape.detailCode] == ["ContextPathEscape", "folder-outside"])
        #expect([scheme.code, scheme.detailCode] == ["InvalidSourceLocation", "unknown-scheme"])
    }

    @Test(arguments: [
        ("https://download.example.test/app.tar.gz?sig=secret", true),
        ("http://git.example.test/Dockerfile", true),
        ("https://git.example.test/app.git#main", false),
    ])
    func `an agent is told what is a download and what is git`(source: String, isDownload: Bool) async throws {
        try await TestServer.with { server async throws in
            _ = try await server.submit(TestServer.request(source: source))

            let assignment = try await server.take()

            #expect(assignment?.source == (isDownload ? .download(Secret(source)) : .git(Secret(source))))
        }
    }

    @Test func `an allowed http source and an upload are accepted`() async throws {
        try await TestServer.with { server async throws in
            try await server.uploads.put("a.tar.gz", AsyncStream { $0.finish() })

            _ = try await server.submit(TestServer.request(source: "http://git.example.test/app.git"))
            let run = try await server.submit(TestServer.request(source: RunService.path(ofUpload: "a.tar.gz")))

            #expect(run.status == .queued)
            #expect(try await server.store.usedUploads(since: Date()) == ["a.tar.gz"])
        }
    }

    @Test func `what no agent can do is refused with the way out`() async throws {
        try await TestServer.with { server async throws in
            await #expect(throws: RunServiceError.unsupportedPlatform(Platform(os: "windows"))) {
                try await server.submit(TestServer.request { $0.platform = Platform(os: "windows") })
            }
            await #expect(throws: RunServiceError.unknownPool("gpu", known: ["default", "strict"])) {
                try await server.submit(TestServer.request { $0.agentPoolName = "gpu" })
            }
            await #expect(throws: RunServiceError.secretArgumentsRefused(pool: "strict")) {
                try await server.submit(
                    TestServer.request {
                        $0.agentPoolName = "strict"
                        $0.arguments = [BuildArgument(name: "A", value: Secret("b"), isSecret: true)]
                    })
            }
        }
    }

    @Test func `a waiting run says what it waits for`() async throws {
        try await TestServer.with { server async throws in
            _ = try await server.submit()
            _ = try #require(try await server.take())
            _ = try await server.submit()
            let second = try await server.submit()

            let shown = try await server.service.show(second.id.text, in: server.registry)

            #expect(shown.waitReason == "2nd in pool default; its agent is busy")
        }
    }

    @Test func `a canceled queued run has a log that ends`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()

            _ = try await server.service.cancel(.ids([run.id]), in: server.registry, isDryRun: false, by: "tester")
            let log = try await server.service.log(of: run.id.text, in: server.registry)

            #expect(log.ending == .canceled)
            #expect(
                String(decoding: try log.read(from: 0, count: 1000), as: UTF8.self)
                    == "Run ID: ca1 was canceled after 0s.\r\n")
        }
    }

    @Test func `S16 a run of another registry is not found`() async throws {
        try await TestServer.with { server async throws in
            let run = try await server.submit()
            let other = Registry(name: "other01", loginServer: "x", endpoint: "https://x")

            await #expect(throws: RunServiceError.runNotFound(run.id.text)) {
                try await server.service.show(run.id.text, in: other)
            }
        }
    }
}
