import Contexts
import CurlHTTP
import Foundation
import TaskModel
import TestSupport
import Testing

@testable import DockerEngine

/// What a daemon asks for when it has an earlier version of a context, and what then is in the image.
@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct ContextTransferTests {
    /// Of this test alone, so that the daemon has nothing under it yet.
    private let key = ContextKey(secret: Array(UUID().uuidString.utf8), identity: ["test"])

    private struct Built {
        let log: String
        let transfer: TransferStatistics
    }

    /// Builds a context that has a busybox, and prints all of it.
    private func build(
        _ walk: any ContextWalk, key: ContextKey?,
        steps: String = "RUN cd /all && find . -type f | sort | xargs tail -n 9\n"
    ) async throws -> Built {
        var input = BuildInput(
            walk: walk, dockerfile: Array((TestDaemon.shell + "COPY . /all\n" + steps).utf8),
            isDockerfileIncluded: false)
        input.contextKey = key
        let transcript = Transcript()
        let result = try await TestDaemon.client().build(
            input, options: BuildOptions(noCache: true), output: transcript.add)
        let transfer = try #require(result.transfer)
        #expect(
            transcript.text.contains(
                "Context: transferred \(transfer.sentFiles) of \(transfer.files) files, \(transfer.sentBytes) bytes"))
        return Built(log: transcript.text, transfer: transfer)
    }

    private func folder(_ files: [String: String], busybox: Bool = true) throws -> InMemoryWalk {
        InMemoryWalk(
            (busybox ? [try TestDaemon.busybox()] : [])
                + files.map { InMemoryEntry(file: $0.key, bytes: Array($0.value.utf8)) })
    }

    /// The archive that somebody would upload.
    private func upload(_ files: [String: String]) async throws -> any ContextWalk {
        let archive = try await packed(try folder(files))
        return try await BlockingExecutor.shared.run {
            try ArchiveContext.prepare(
                archive, dockerfile: .bytes([]), appliesIgnoreFile: false, identifiesFiles: true
            ).included
        }
    }

    @Test func `of an upload with one changed file of equal size that file is asked for, there and back`() async throws
    {
        let first = ["a": "first of a\n", "b": "first of b\n", "d/c": "c\n"]
        let second = first.merging(["b": "other of b\n"]) { $1 }

        let one = try await build(try await upload(first), key: key)
        let two = try await build(try await upload(second), key: key)
        let same = try await build(try await upload(second), key: key)
        let back = try await build(try await upload(first), key: key)

        #expect(one.transfer.sentFiles == 4 && one.transfer.files == 4)
        #expect(two.transfer.sentFiles == 1 && two.transfer.sentBytes == 11)
        #expect(two.log.contains(" other of b\n") && !two.log.contains(" first of b\n"))
        #expect(same.transfer.sentFiles == 0)
        #expect(back.transfer.sentFiles == 1)
        #expect(back.log.contains(" first of b\n") && !back.log.contains(" other of b\n"))
    }

    @Test func `of a commit with one changed file of equal size that file is asked for, there and back`() async throws {
        try await GitServer.run { server in
            let busybox = try TestDaemon.busybox()
            try await server.commit([
                "a": Array("first of a\n".utf8), "b": Array("first of b\n".utf8), "busybox": busybox.bytes,
            ])
            let one = try await build(try await server.context(), key: key)
            try await server.commit(["b": Array("other of b\n".utf8)])

            let two = try await build(try await server.context(), key: key)
            let back = try await build(try await server.context("main~1"), key: key)

            #expect(one.transfer.sentFiles == one.transfer.files)
            #expect(two.transfer.sentFiles == 1 && two.transfer.sentBytes == 11)
            #expect(two.log.contains(" other of b\n") && !two.log.contains(" first of b\n"))
            #expect(back.transfer.sentFiles == 1 && back.log.contains(" first of b\n"))
        }
    }

    @Test func `a mode alone, and a folder in the place of a file, arrive`() async throws {
        let steps = "RUN cd /all && stat -c '%a %F %n' * */*\n"
        let tool = InMemoryEntry(file: "tool", bytes: Array("same".utf8))
        var changed = tool.entry
        changed.mode = 0o755
        let first = try folder(["x": "file", "y/z": "folder"]).entries

        let one = try await build(InMemoryWalk(first + [tool]), key: key, steps: steps)
        let second = try folder(["x/z": "folder", "y": "file"]).entries
        let two = try await build(
            InMemoryWalk(second + [InMemoryEntry(changed, bytes: tool.bytes)]), key: key, steps: steps)

        #expect(one.log.contains(" 644 regular file tool") && one.log.contains(" directory y\n"))
        #expect(two.log.contains(" 755 regular file tool") && two.log.contains(" directory x\n"))
        #expect(two.log.contains(" regular file x/z\n") && two.log.contains(" regular file y\n"))
        #expect(!two.log.contains("y/z"))
        #expect(two.transfer.sentFiles == 3)
    }

    @Test func `builds at once have trees of their own, which later ones find`() async throws {
        let walks = try (0..<2).map { try folder(["number": "it is \($0)\n", "other": "text\n"]) }
        func round() async throws -> [Built] {
            try await withThrowingTaskGroup(of: (Int, Built).self) { group in
                for (slot, walk) in walks.enumerated() {
                    group.addTask { (slot, try await build(walk, key: key.slot(slot))) }
                }
                let built = try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                return walks.indices.compactMap { built[$0] }
            }
        }

        let first = try await round()
        let second = try await round()

        #expect(first.map(\.transfer.sentFiles) == [3, 3])
        #expect(second.map(\.transfer.sentFiles) == [0, 0])
        for (number, built) in second.enumerated() { #expect(built.log.contains(" it is \(number)\n")) }
    }

    @Test func `without a key, and from a folder, all is sent every time`() async throws {
        try await withTemporaryFolder { path in
            try write("FROM scratch\n", to: path + "/Dockerfile")
            try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: path + "/busybox")
            let walk = try FolderContext.prepare(path).included
            for _ in 0..<2 {
                #expect(try await build(walk, key: key).transfer.sentFiles == 2)
                #expect(try await build(try folder(["a": "text"]), key: nil).transfer.sentFiles == 2)
            }
        }
    }

    @Test func `another Dockerfile of equal size is another build`() async throws {
        for word in ["one", "two"] {
            let built = try await build(try folder(["a": "text"]), key: key, steps: "RUN echo it says \(word)\n")
            #expect(built.log.contains(" it says \(word)\n"))
        }
    }

    @Test func `a folder, a commit and an upload of one tree make equal images`() async throws {
        try await GitServer.run { server in
            let busybox = try TestDaemon.busybox()
            try await server.commit([
                "busybox": busybox.bytes, "a b": Array("blank\n".utf8), "d/e/größe": Array("deep\n".utf8), "empty": [],
                "Dockerfile": Array("FROM scratch\n".utf8),
            ])
            try await server.git(["clone", "--quiet", "app.git", "checkout"])
            let checkout = try FolderContext.prepare(server.folder + "/checkout").included
            let bytes = try await packed(checkout)
            let upload = try await BlockingExecutor.shared.run {
                try ArchiveContext.prepare(bytes, identifiesFiles: true).included
            }
            let steps = """
                RUN cd /all && find . -exec stat -c 'it is %a %u:%g %F %n' {} + | sort && \
                find . -type f -exec md5sum {} + | sort -k 2 | sed 's/^/sum /'

                """

            var logs: [Set<String>] = []
            for walk in [checkout, try await server.context(), upload] {
                let log = try await build(walk, key: key, steps: steps).log
                logs.append(
                    Set(
                        log.split(separator: "\n").compactMap {
                            $0.firstMatch(of: /(it is \d|sum [0-9a-f]).*/).map { String($0.0) }
                        }))
            }

            #expect(logs[0].count == 8 + 5)
            #expect(logs[0] == logs[1] && logs[0] == logs[2])
        }
    }

    private func packed(_ walk: any ContextWalk) async throws -> ArchiveSource {
        let pipe = BytePipe(capacity: 1 << 30)
        try await ContextPacker.packInBackground(walk, into: pipe)
        var bytes: [UInt8] = []
        while let chunk = try await pipe.read() { bytes += chunk }
        return ArchiveSource { [bytes] in
            let pipe = BytePipe(capacity: 1 << 30)
            try pipe.writeBlocking(bytes)
            pipe.finish()
            return pipe
        }
    }

    // MARK: Archives

    private func layers(_ walk: any ContextWalk, _ change: (inout BuildInput) -> Void) async throws -> [String] {
        let client = try TestDaemon.client()
        var input = BuildInput(
            walk: walk, dockerfile: Array("FROM scratch\nCOPY . /\n".utf8), isDockerfileIncluded: true)
        change(&input)
        let name = TestDaemon.uniqueName() + ":1"
        let result = try await client.build(input, options: BuildOptions(tags: [name], noCache: true)) { _ in }
        #expect(result.transfer == nil)
        let image = try await client.inspectImage(name)
        try await client.removeImage(name)
        return try #require(image).layers
    }

    private func tree(times: [Int64]) -> InMemoryWalk {
        let names = ["Dockerfile", "a", "d/b"]
        let texts = ["FROM scratch\nCOPY . /\n", "a", "b"]
        var entries = zip(names, texts).enumerated().map { number, file in
            var entry = InMemoryEntry(file: file.0, bytes: Array(file.1.utf8)).entry
            entry.modified = times[number]
            return InMemoryEntry(entry, bytes: Array(file.1.utf8))
        }
        let folder = ContextEntry(path: EntryPath("d"), kind: .directory, mode: 0o755, modified: times[3])
        entries.insert(InMemoryEntry(folder), at: 2)
        return InMemoryWalk(entries)
    }

    @Test func `archives of equal contexts make equal layers, and one time for all does too`() async throws {
        let walk = tree(times: [1_600_000_000, 1_600_000_001, 1_600_000_002, 1_600_000_003])
        let younger = tree(times: [1_700_000_000, 1_700_000_001, 1_700_000_002, 1_700_000_003])

        let first = try await layers(walk) { $0.transfer = .tar }
        let again = try await layers(walk) { $0.transfer = .tar }
        let other = try await layers(younger) { $0.transfer = .tar }
        let clamped = try await layers(walk) { $0.latestTime = 1_500_000_000 }
        let also = try await layers(younger) { $0.latestTime = 1_500_000_000 }

        #expect(first == again)
        #expect(first != other)
        #expect(clamped == also && clamped != first)
    }

    @Test func `an archive without its Dockerfile is sent file by file with the files' own times`() async throws {
        var input = TestDaemon.input(
            TestDaemon.shell + "COPY . /all\nRUN cd /all && ls && stat -c 'at %Y' a\n",
            [
                try TestDaemon.busybox(),
                InMemoryEntry(
                    ContextEntry(path: EntryPath("a"), kind: .file(size: 1), mode: 0o644, modified: 1_700_000_000),
                    bytes: [97]),
            ])
        input.transfer = .tar
        input.latestTime = 1_650_000_000
        let transcript = Transcript()

        _ = try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)

        #expect(transcript.text.contains("The Dockerfile is not part of the context"))
        #expect(transcript.text.contains(" at 1650000000\n"))
        #expect(!transcript.text.contains(/#\d+ \d+\.\d{3} Dockerfile\n/))
    }
}

/// A git repository on loopback.
struct GitServer: Sendable {
    let folder: String
    let origin: String

    static func run(_ body: (GitServer) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "git-http-server.py")
            let server = try ChildProcess(
                ["python3", script.path(), folder], errors: .file(folder + "/server.log"), limit: .seconds(600))
            defer { server.stop() }
            let port = try await server.wait { $0.firstLine?.split(separator: ":").last }
            let made = GitServer(folder: folder, origin: "http://127.0.0.1:\(port)")
            try await made.git(["init", "--quiet", "--bare", "--initial-branch=main", "app.git"])
            try await made.git(["-C", "app.git", "config", "uploadpack.allowAnySHA1InWant", "true"])
            try await body(made)
        }
    }

    @discardableResult
    func git(_ arguments: [String]) async throws -> String {
        let environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.com",
        ]
        return try await ChildProcess.run(["git", "-C", folder] + arguments, environment: environment)
    }

    /// Adds a commit with these files, which can be carried out, beside those that are there.
    func commit(_ files: [String: [UInt8]]) async throws {
        let work = folder + "/work"
        if !FileManager.default.fileExists(atPath: work) { try await git(["clone", "--quiet", "app.git", "work"]) }
        for (name, bytes) in files {
            let path = work + "/" + name
            let url = URL(filePath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
            let mode = name == "busybox" ? 0o755 : 0o644
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        try await git(["-C", "work", "add", "--all"])
        try await git(["-C", "work", "commit", "--quiet", "--message=commit"])
        try await git(["-C", "work", "push", "--quiet", "origin", "HEAD:main"])
    }

    func context(_ revision: String = "main") async throws -> any ContextWalk {
        let commit = try await git(["-C", "app.git", "rev-parse", revision]).trimmingCharacters(
            in: .whitespacesAndNewlines)
        guard case .git(let reference) = try ContextLocation("\(origin)/app.git#\(commit)") else {
            throw CocoaError(.featureUnsupported)
        }
        var configuration = HTTPClient.Configuration()
        configuration.addressPolicy = AddressPolicy(allowedOrigins: [origin])
        return try await GitContext.prepare(
            reference, dockerfile: .bytes([]), pool: folder + "/pool",
            access: GitAccess(client: HTTPClient(configuration))
        ).included
    }
}
