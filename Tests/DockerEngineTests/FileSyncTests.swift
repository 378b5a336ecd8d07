import Contexts
import Glibc
import TaskModel
import Testing

@testable import DockerEngine

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct FileSyncTests {
    private func entry(_ path: String, _ kind: ContextEntry.Kind, mode: UInt16 = 0o644) -> InMemoryEntry {
        InMemoryEntry(ContextEntry(path: EntryPath(path), kind: kind, mode: mode, modified: 1_600_000_000))
    }

    private func file(_ path: String, _ text: String, mode: UInt16 = 0o644) -> InMemoryEntry {
        InMemoryEntry(
            ContextEntry(
                path: EntryPath(path), kind: .file(size: Int64(text.utf8.count)), mode: mode, modified: 1_600_000_000),
            bytes: Array(text.utf8))
    }

    /// Builds with a shell and gives what the steps print.
    private func log(of steps: String, _ entries: [InMemoryEntry], dockerfilePath: String = "Dockerfile") async throws
        -> String
    {
        let transcript = Transcript()
        var input = TestDaemon.input(TestDaemon.shell + steps, [try TestDaemon.busybox()] + entries)
        input.dockerfilePath = dockerfilePath
        _ = try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)
        return transcript.text
    }

    @Test func `every kind of entry arrives as it is`() async throws {
        let entries = [
            file("a.txt", "text"), file("a-b", "dash"), entry("a", .directory, mode: 0o750), file("a/b", "below"),
            file("empty", ""),
            entry("void", .directory, mode: 0o1777),
            entry("link", .symbolicLink(target: Array("../nowhere".utf8)), mode: 0o777),
            file("z-original", "shared"), entry("b-second", .hardLink(target: EntryPath("z-original"))),
            file("tool", "#!", mode: 0o4755),
            file("made/up/parents", "deep"), file("name mit ü.txt", "umlaut"), entry("pipe", .fifo),
            InMemoryEntry(
                ContextEntry(path: EntryPath(bytes: [0x71, 0xff]), kind: .file(size: 3), mode: 0o600, modified: 0),
                bytes: [0x72, 0x61, 0x77]),
        ]

        let log = try await log(
            of: """
                COPY . /all
                RUN cd /all && stat -c '%a %u:%g %s %F %n' a a/b a-b a.txt empty void tool b-second made made/up/parents 'name mit ü.txt'
                RUN cd /all && readlink link && cat b-second z-original a/b q* made/up/parents && echo && stat -c '%Y' a.txt
                """, entries)

        for line in [
            "750 0:0 \\d+ directory a", "644 0:0 5 regular file a/b", "644 0:0 4 regular file a-b",
            "644 0:0 0 regular empty file empty",
            "1777 0:0 \\d+ directory void", "4755 0:0 2 regular file tool", "644 0:0 6 regular file b-second",
            "755 0:0 \\d+ directory made",
            "644 0:0 6 regular file name mit ü.txt", "\\.\\./nowhere", "sharedsharedbelowrawdeep", "946[67]\\d{5}",
        ] {
            #expect(log.contains(try Regex(#"#\d+ \d+\.\d{1,3} "# + line + "\n")), "\(line)\n\(log)")
        }
    }

    @Test(arguments: ["Dockerfile", "deploy/My.Dockerfile", ".dockerfile.0123456789abcdef0123"])
    func `a Dockerfile that is not part of the context is not seen by COPY`(path: String) async throws {
        // BuildKit carries out equal steps of builds at the same time once, and prints them in one of them.
        let log = try await log(
            of: "COPY . /all\nRUN cd /all && find . | sort\n", [file("kept", path)], dockerfilePath: path)

        #expect(log.contains(" ./kept\n"))
        #expect(!log.contains(" ./\(path)\n"))
        #expect(log.contains("[internal] load build definition from \(path)\n"))
    }

    @Test func `an ignore file in the context is copied, and its rules are not applied again`() async throws {
        let ignore = file(".dockerignore", "*.log\n")

        let log = try await log(
            of: "COPY .dockerignore /alone/\nCOPY . /all\nRUN cat /alone/.dockerignore && ls -a /all\n",
            [ignore, file("b.log", "1")])

        #expect(log.contains(" *.log\n"))
        #expect(log.contains(" b.log\n"))
        #expect(log.contains(" .dockerignore\n"))
    }

    @Test func `only an ignore file can be copied`() async throws {
        let log = try await log(
            of: "COPY busybox .dockerignore /alone/\nRUN cat /alone/.dockerignore\n", [file(".dockerignore", "*.log\n")]
        )

        #expect(log.contains(" *.log\n"))
    }

    @Test func `many files and a large one arrive whole while health is answered`() async throws {
        let walk = GeneratedWalk(files: 3000, largeSize: 100 << 20)
        let transcript = Transcript()
        let busybox = try TestDaemon.busybox()
        let input = BuildInput(
            walk: JoinedWalk(first: InMemoryWalk([busybox]), second: walk),
            dockerfile: Array(
                (TestDaemon.shell + """
                    COPY many /many
                    COPY large /large
                    RUN ls /many | wc -l && cat /many/* | md5sum && md5sum /large && wc -c /large
                    """).utf8), isDockerfileIncluded: false)

        _ = try await TestDaemon.client().build(input, options: BuildOptions(noCache: true), output: transcript.add)

        // MD5 of "file 0\nfile 1\n…" and of the bytes 0 to 255 over and over.
        #expect(transcript.text.contains(" 3000\n"))
        #expect(transcript.text.contains(" 104857600 /large\n"))
        #expect(transcript.text.contains(" 916cf1f357a2c1973ae5157df94a9e41  -\n"), "\(transcript.text)")
        #expect(transcript.text.contains(" 14d349e71547488a2a21c99115a3260d  /large\n"))
    }

    @Test func `what a walk throws in the middle is the error of the build`() async throws {
        let input = BuildInput(
            walk: BreakingWalk(), dockerfile: Array("FROM scratch\nCOPY . /\n".utf8), isDockerfileIncluded: false)

        await #expect(throws: BreakingWalk.Torn.self) {
            try await TestDaemon.client().build(input, options: BuildOptions()) { _ in }
        }
    }

    @Test func `a transfer that ends because a step failed is not the build's failure`() async throws {
        let client = try TestDaemon.client()
        let base = TestDaemon.uniqueName()
        _ = try await client.build(
            TestDaemon.input(TestDaemon.shell, [try TestDaemon.busybox()]), options: BuildOptions(tags: ["\(base):1"])
        ) { _ in }
        let input = BuildInput(
            walk: EndlessWalk(),
            dockerfile: Array(
                "FROM \(base):1 AS bad\nRUN exit 3\nFROM scratch\nCOPY --from=bad / /\nCOPY big /big\n".utf8),
            isDockerfileIncluded: false)

        let error = await #expect(throws: DockerError.self) {
            try await client.build(input, options: BuildOptions(noCache: true)) { _ in }
        }

        guard case .build(.step(let message)) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(message.contains("exit code: 3"))
        try await client.removeImage("\(base):1")
    }

    @Test func `builds at the same time see their own contexts`() async throws {
        let logs = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<3 {
                group.addTask {
                    (
                        number,
                        try await log(of: "COPY . /all\nRUN cat /all/number\n", [file("number", "it is \(number)")])
                    )
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }

        for number in 0..<3 { #expect(logs[number]?.contains(" it is \(number)\n") == true) }
    }
}

/// Contents that are made while they are read.
struct GeneratedWalk: ContextWalk {
    let files: Int
    let largeSize: Int

    static func content(of number: Int) -> [UInt8] { Array("file \(number)\n".utf8) }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        let large = ContextEntry(
            path: EntryPath("large"), kind: .file(size: Int64(largeSize)), mode: 0o644, modified: 0)
        try visit(large, Pattern(size: largeSize))
        try visit(ContextEntry(path: EntryPath("many"), kind: .directory, mode: 0o755, modified: 0), Pattern(size: 0))
        for number in 0..<files {
            try Task.checkCancellation()
            let bytes = Self.content(of: number)
            let name = String(repeating: "0", count: 5 - "\(number)".count) + "\(number)"
            let entry = ContextEntry(
                path: EntryPath("many/\(name)"), kind: .file(size: Int64(bytes.count)), mode: 0o644, modified: 0)
            try visit(entry, InMemoryEntry(entry, bytes: bytes).content())
        }
    }

    /// Every byte is the lowest one of its offset.
    final class Pattern: EntryContent {
        private static let bytes = (0..<(64 * 1024)).map { UInt8(truncatingIfNeeded: $0) }
        private let size: Int
        private var offset = 0

        init(size: Int) {
            self.size = size
        }

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let count = min(buffer.count, size - offset)
            let start = offset % 256
            Self.bytes.withUnsafeBytes { bytes in
                var copied = 0
                while copied < count {
                    let part = min(count - copied, bytes.count - (start + copied) % 256)
                    let from = UnsafeRawBufferPointer(rebasing: bytes[((start + copied) % 256)...].prefix(part))
                    UnsafeMutableRawBufferPointer(rebasing: buffer[copied..<(copied + part)]).copyMemory(from: from)
                    copied += part
                }
            }
            offset += count
            return count
        }
    }
}

/// The entries of two walks.
struct JoinedWalk: ContextWalk {
    let first: any ContextWalk
    let second: any ContextWalk

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try first.forEachEntry(visit)
        try second.forEachEntry(visit)
    }
}

/// A file from a slow source that is still being sent when everything else has happened.
struct EndlessWalk: ContextWalk {
    private static let size: Int64 = 1 << 40

    private struct Trickle: EntryContent {
        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
            try Task.checkCancellation()
            usleep(1000)
            buffer[0] = 0
            return 1
        }
    }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        let entry = ContextEntry(path: EntryPath("big"), kind: .file(size: Self.size), mode: 0o644, modified: 0)
        try visit(entry, Trickle())
    }
}

/// A file whose content ends with an error.
struct BreakingWalk: ContextWalk {
    struct Torn: Error {}

    private struct TornContent: EntryContent {
        func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { throw Torn() }
    }

    func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
        try visit(ContextEntry(path: EntryPath("torn"), kind: .file(size: 10), mode: 0o644, modified: 0), TornContent())
    }
}
