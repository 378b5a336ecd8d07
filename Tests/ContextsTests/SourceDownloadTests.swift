import CurlHTTP
import Foundation
import Synchronization
import TaskModel
import TestSupport
import Testing

@testable import Contexts

struct SourceDownloadTests {
    /// A client that may reach these servers, and over plain http.
    private func client(_ servers: LoopbackServer...) -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.addressPolicy = AddressPolicy(allowedOrigins: Set(servers.map(\.url)))
        return HTTPClient(configuration)
    }

    private func archive(ignore: String? = nil) -> [UInt8] {
        var tar = TarBuilder()
        tar.add("Dockerfile", content: "FROM scratch\n")
        tar.add("sub/Other", content: "FROM other\n")
        if let ignore { tar.add(".dockerignore", content: ignore) }
        return tar.ended
    }

    /// Downloads from a server that gives every request the same answer.
    private func download(
        _ body: [UInt8], path: String = "/context", dockerfile: DockerfileChoice = .standard,
        limits: ContextLimits = ContextLimits(), _ use: (PreparedContext) throws -> Void = { _ in }
    ) async throws {
        try await withTemporaryFolder { folder async throws in
            try await LoopbackServer.with { _, connection in
                try connection.answer(200, body: body)
            } use: { server async throws in
                let context = try await SourceDownload(server.url + path, client: client(server), limits: limits)
                    .context(dockerfile: dockerfile, directory: folder + "/made")
                try use(context)
            }
        }
    }

    private func error(
        _ body: [UInt8], dockerfile: DockerfileChoice = .standard, _ change: (inout ContextLimits) -> Void = { _ in }
    ) async -> ContextError? {
        var limits = ContextLimits()
        change(&limits)
        do {
            try await download(body, dockerfile: dockerfile, limits: limits)
            return nil
        } catch {
            return error as? ContextError
        }
    }

    // MARK: What is there

    @Test func `an archive is the context, as it is: rules in it are not applied, and not even read`() async throws {
        try await download(archive(ignore: "sub\n[a-\n")) { context throws in
            #expect(context.dockerfile == Array("FROM scratch\n".utf8))
            #expect(context.ignoreFile == nil)
            #expect(
                try entries(of: context.included).map(\.path.text)
                    == ["Dockerfile", "sub", "sub/Other", ".dockerignore"])
            // A second time, from the same bytes.
            #expect(try contents(of: context.included)["sub/Other"] == "FROM other\n")
        }
    }

    @Test func `a path names a Dockerfile in the archive, also one with a name that clients make up`() async throws {
        let made = String(repeating: "0a", count: 16) + "_Dockerfile"
        var tar = TarBuilder()
        tar.add(made, content: "FROM made\n")

        try await download(archive(), dockerfile: .path("sub/Other")) { context throws in
            #expect(context.dockerfile == Array("FROM other\n".utf8))
        }
        try await download(tar.ended, dockerfile: .path(made)) { context throws in
            #expect(try entries(of: context.included).map(\.path.text) == [made])
            #expect(context.isDockerfileIncluded)
        }
    }

    @Test func `an archive larger than memory would like is kept on the disk, without a name`() async throws {
        try await withTemporaryFolder { folder async throws in
            let body = archive() + [UInt8](repeating: 0, count: 3 << 20)
            try await LoopbackServer.with { _, connection in
                try connection.answer(200, body: body)
            } use: { server async throws in
                let context = try await SourceDownload(server.url + "/a.tar", client: client(server))
                    .context(dockerfile: .standard, directory: folder)

                #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
                #expect(try contents(of: context.included).count == 2)
            }
        }
    }

    @Test func `anything else is a lone Dockerfile, seen by COPY`() async throws {
        try await download(Array("FROM scratch\nCOPY . /\n".utf8)) { context throws in
            #expect(context.dockerfile == Array("FROM scratch\nCOPY . /\n".utf8))
            #expect(try contents(of: context.included) == ["Dockerfile": "FROM scratch\nCOPY . /\n"])
        }
    }

    @Test func `a file of a lone Dockerfile is an error that says so`() async throws {
        let error = await error(Array("FROM scratch\n".utf8), dockerfile: .path("sub/Other"))

        #expect(error?.code == "no-dockerfile")
        #expect(error?.description.contains("sub/Other") == true)
    }

    @Test func `a Dockerfile for another context is fetched, and an archive is none`() async throws {
        try await LoopbackServer.with { [archive = archive()] request, connection in
            try connection.answer(200, body: request.path == "/a.tar" ? archive : Array("FROM x\n".utf8))
        } use: { server async throws in
            // As on a person's own machine: without a policy.
            let client = HTTPClient()

            #expect(
                try await SourceDownload(server.url + "/D", client: client).dockerfile() == Array("FROM x\n".utf8))
            await #expect(throws: ContextError.noDockerfileButArchive(server.url + "/a.tar")) {
                try await SourceDownload(server.url + "/a.tar", client: client).dockerfile()
            }
        }
    }

    // MARK: Limits

    @Test func `S9 limits hold while the bytes pass`() async throws {
        let archive = archive()

        #expect(await error(archive) { $0.packedBytes = Int64(archive.count) } == nil)
        #expect(await error(archive) { $0.packedBytes = Int64(archive.count) - 1 }?.apiCode == "ContextTooLarge")
        #expect(await error(archive) { $0.duration = .zero }?.apiCode == "ContextTooLarge")
        #expect(await error(archive) { $0.entries = 1 }?.apiCode == "ContextTooLarge")
        let large = Array("FROM scratch\n".utf8) + [UInt8](repeating: 0x20, count: ContextLimits.dockerfileBytes)
        #expect(await error(large)?.apiCode == "ContextTooLarge")
        #expect(await error(Array(large.prefix(ContextLimits.dockerfileBytes))) == nil)
    }

    @Test func `an answer without an end is broken off at the limit`() async throws {
        try await LoopbackServer.with { [archive = archive()] _, connection in
            try connection.write(connection.head(200, headers: []) + archive)
            while true { try connection.write([UInt8](repeating: 0, count: 64 * 1024)) }
        } use: { server async throws in
            var limits = ContextLimits()
            limits.packedBytes = 4 << 20
            try await withTemporaryFolder { folder async throws in
                let error = await #expect(throws: ContextError.self) {
                    try await SourceDownload(server.url, client: client(server), limits: limits)
                        .context(dockerfile: .standard, directory: folder)
                }

                #expect(error?.apiCode == "ContextTooLarge")
            }
        }
    }

    @Test func `half an archive, and half an answer, are errors`() async throws {
        let half = await error(Array(archive().prefix(700)))
        #expect(half?.code == "bad-archive")

        try await LoopbackServer.with { [archive = archive()] _, connection in
            try connection.write(connection.head(200, headers: [("Content-Length", "\(archive.count)")]))
            try connection.write(Array(archive.dropLast(10)))
            connection.hangUp()
        } use: { server async throws in
            let error = await #expect(throws: ContextError.self) {
                try await SourceDownload(server.url, client: client(server))
                    .context(dockerfile: .standard, directory: NSTemporaryDirectory())
            }

            guard case .unreachable(_, .broken) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `a download that is canceled breaks the connection off`() async throws {
        let hungUp = AsyncStream<Void>.makeStream()
        try await LoopbackServer.with { [archive = archive()] _, connection in
            try connection.write(connection.head(200, headers: [("Content-Length", "1000000")]) + archive)
            hungUp.continuation.yield()
            try connection.waitForHangUp()
            hungUp.continuation.finish()
        } use: { server async throws in
            let download = try SourceDownload(server.url, client: client(server))
            let task = Task { try await download.context(dockerfile: .standard, directory: NSTemporaryDirectory()) }
            for await _ in hungUp.stream { task.cancel() }

            await #expect(throws: (any Error).self) { try await task.value }
        }
    }

    // MARK: Refusals

    @Test(arguments: [
        (404, "not-found", "InvalidSourceLocation"), (403, "access-refused", "InvalidSourceLocation"),
        (500, "unreachable", "InvalidSourceLocation"), (204, "unreachable", "InvalidSourceLocation"),
    ])
    func `a refusal is told in the first line of the server's words`(status: Int, code: String, apiCode: String)
        async throws
    {
        let reason = status == 204 ? "" : "No such\u{1b}[31m thing\u{202e} here\nsecond line"
        try await LoopbackServer.with { _, connection in
            try connection.answer(status, body: "\r\n  \n" + reason)
        } use: { server async throws in
            let error = await #expect(throws: ContextError.self) {
                try await SourceDownload(server.url + "/x", client: client(server))
                    .context(dockerfile: .standard, directory: NSTemporaryDirectory())
            }

            let text = try #require(error?.description)
            #expect(error?.code == code)
            #expect(error?.apiCode == apiCode)
            #expect(text.contains("\(status)"))
            #expect(text.contains("No such\\u{1b}[31m thing\\u{202e} here") == (status != 204), "\(text)")
            #expect(!text.contains("second"))
        }
    }

    @Test func `a long refusal is cut`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(404, body: String(repeating: "long ", count: 100_000))
        } use: { server async throws in
            let error = await #expect(throws: ContextError.self) {
                try await SourceDownload(server.url + "/x", client: client(server)).dockerfile()
            }

            #expect((error?.description.count ?? 0) < 500)
        }
    }

    // MARK: Secrets

    @Test func `user info is a login for that origin alone, and neither it nor a query is ever shown`() async throws {
        let logins = Mutex<[String?]>([])
        try await LoopbackServer.with { request, connection in
            logins.withLock { $0.append(request["Authorization"]) }
            try connection.answer(403, body: "no: \(request.target) \(request["Authorization"] ?? "")")
        } use: { other async throws in
            try await LoopbackServer.with { request, connection in
                logins.withLock { $0.append(request["Authorization"]) }
                guard request.path == "/redirected" else {
                    return try connection.answer(
                        404, body: "no \(request.target) for user with pass word and \("signature of mine")")
                }
                try connection.answer(302, headers: [("Location", other.url + "/there?sig=another%2Fsignature")])
            } use: { server async throws in
                let login = server.url.replacingOccurrences(of: "://", with: "://user:pass%20word@")
                var texts: [String] = []
                for path in ["/direct", "/redirected"] {
                    let error = await #expect(throws: ContextError.self) {
                        try await SourceDownload(
                            login + path + "?sig=signature%20of%20mine&v=1", client: client(server, other)
                        ).dockerfile()
                    }
                    texts.append(error?.description ?? "")
                }

                let basic = "Basic " + Data("user:pass word".utf8).base64EncodedString()
                #expect(logins.withLock { $0 } == [basic, basic, nil])
                #expect(server.requests.map(\.target).first == "/direct?sig=signature%20of%20mine&v=1")
                for secret in ["pass word", "pass%20word", "signature of mine", "signature%20of%20mine", "another"] {
                    for text in texts { #expect(!text.contains(secret), "\(text)") }
                }
                #expect(texts[0].contains(server.url + "/direct can't be fetched"))
                #expect(texts[0].contains("***"))
            }
        }
    }

    @Test func `what a location keeps in confidence is known to whoever masks a log`() throws {
        func secrets(_ text: String) throws -> Set<String> { Set(try ContextLocation(text).secrets.map(\.value)) }

        #expect(
            try secrets("https://u:p%40ss@h.test/a.tgz?sig=abcdefgh%2F&v=1")
                == [
                    "u:p%40ss", "p%40ss", "p@ss", "sig=abcdefgh%2F&v=1", "sig=abcdefgh/&v=1", "abcdefgh%2F",
                    "abcdefgh/",
                ]
        )
        #expect(try secrets("https://u@h.test/a.tgz?v=1") == [])
        #expect(try secrets("https://u:p@h.test/a.git") == ["p"])
        #expect(try ContextLocation("https://u:p@h.test/a.tgz?sig=x").redacted == "https://h.test/a.tgz")
    }

    // MARK: Where from

    @Test func `S2 plain http is for origins that are allowed by name, also after a redirect`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(200, body: "FROM scratch\n")
        } use: { other async throws in
            try await LoopbackServer.with { request, connection in
                try connection.answer(302, headers: [("Location", other.url + "/there")])
            } use: { server async throws in
                #expect(throws: ContextError.self) { try SourceDownload(other.url, client: client(server)) }
                // On a person's own machine only what is on that machine.
                #expect(throws: ContextError.self) {
                    try SourceDownload("http://h.example.test/x", client: HTTPClient())
                }
                let error = await #expect(throws: ContextError.self) {
                    try await SourceDownload(server.url, client: client(server)).dockerfile()
                }

                let origin = try #require(HTTPOrigin(url: other.url))
                #expect(error == .plainSource(origin))
                #expect(error?.description.contains("sources.allow") == true)
                #expect(other.requests.isEmpty)
                #expect(
                    try await SourceDownload(server.url, client: client(server, other)).dockerfile()
                        == Array("FROM scratch\n".utf8))
            }
        }
    }

    @Test func `S3 a redirect to an address that is not allowed is refused, with the setting`() async throws {
        try await LoopbackServer.with { _, connection in
            try connection.answer(302, headers: [("Location", "https://127.0.0.1:\(9)/x?sig=topsecret")])
        } use: { server async throws in
            let error = await #expect(throws: ContextError.self) {
                try await SourceDownload(server.url, client: client(server)).dockerfile()
            }

            #expect(error?.apiCode == "SourceAddressBlocked")
            #expect(error?.description.contains("sources.allow") == true)
            #expect(error?.description.contains("topsecret") == false)
        }
    }

    @Test func `S4 five redirects are followed, six are not`() async throws {
        try await LoopbackServer.with { request, connection in
            let left = Int(request.path.dropFirst()) ?? 0
            if left == 0 { return try connection.answer(200, body: "FROM scratch\n") }
            try connection.answer(302, headers: [("Location", "/\(left - 1)")])
        } use: { server async throws in
            let client = client(server)

            #expect(try await SourceDownload(server.url + "/5", client: client).dockerfile().count == 13)
            let error = await #expect(throws: ContextError.self) {
                try await SourceDownload(server.url + "/6", client: client).dockerfile()
            }
            #expect(error?.apiCode == "RedirectRefused")
        }
    }
}
