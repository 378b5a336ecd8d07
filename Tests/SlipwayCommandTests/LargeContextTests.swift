import Contexts
import Foundation
import TestSupport
import Testing

@testable import slipway

/// What is said about contexts that are larger than they may need to be.
struct LargeContextTests {
    /// Entries without content, for counting.
    private struct Listed: ContextWalk {
        let entries: [ContextEntry]

        func forEachEntry(_ visit: (ContextEntry, any EntryContent) throws -> Void) throws {
            for entry in entries { try visit(entry, InMemoryEntry(file: "", bytes: []).content()) }
        }
    }

    private func file(_ path: String, mebibytes: Int64 = 0) -> ContextEntry {
        ContextEntry(path: EntryPath(path), kind: .file(size: mebibytes << 20), mode: 0o644, modified: 0)
    }

    private func folder(_ path: String) -> ContextEntry {
        ContextEntry(path: EntryPath(path), kind: .directory, mode: 0o755, modified: 0)
    }

    private func note(
        _ entries: [ContextEntry], dockerfile: String = "FROM scratch\n", ignoreFile: String? = nil
    ) throws -> String? {
        let walk = Listed(entries: entries)
        let tally = ContextTally()
        // A walk may begin more than once.
        try TalliedWalk(walk, tally).forEachEntry { _, _ in }
        try TalliedWalk(walk, tally).forEachEntry { _, _ in }
        return tally.note(
            for: PreparedContext(
                included: walk, upload: walk, carried: [], dockerfilePath: "Dockerfile",
                dockerfile: Array(dockerfile.utf8), isDockerfileIncluded: true, uploadDockerfilePath: "Dockerfile",
                ignoreFile: ignoreFile))
    }

    @Test func `the three largest folders are named, and a line for those that a build makes`() throws {
        let entries =
            [file("Dockerfile"), folder("a"), file("a/x", mebibytes: 5), file("b/x", mebibytes: 7)]
            + [folder("node_modules"), folder("node_modules/x"), file("node_modules/x/dist/y", mebibytes: 90)]
            + [file("web/target/x", mebibytes: 12), file("web/src/y", mebibytes: 1)]

        #expect(
            try note(entries) == """
                Note: The context is large: 9 entries, 115.0 MiB.
                The largest folders in it:
                  node_modules: 3 entries, 90.0 MiB
                  web: 2 entries, 13.0 MiB
                  b: 1 entry, 7.0 MiB
                If the build makes node_modules anew, a line 'node_modules' in .dockerignore leaves out 3 entries, 90.0 MiB.
                If the build makes target anew, a line '**/target' in .dockerignore leaves out 1 entry, 12.0 MiB.

                """)
    }

    @Test func `no line is suggested for what the Dockerfile names, nor for little`() throws {
        let entries = [file("dist/x", mebibytes: 99), file("venv/x", mebibytes: 9)]

        let text = try note(
            entries, dockerfile: "FROM nginx\nCOPY dist /usr/share/nginx/html\n", ignoreFile: "Dockerfile.dockerignore")

        #expect(text?.contains("  dist: 1 entry, 99.0 MiB\n") == true)
        #expect(text?.contains("anew") == false)
    }

    @Test func `10,000 entries or 100 MiB are not large, one more is`() throws {
        let many = (0..<10_000).map { file("\($0)") }

        #expect(try note(many) == nil)
        #expect(try note(many + [file("x")]) == "Note: The context is large: 10001 entries, 0 Bytes.\n")
        #expect(try note([file("x", mebibytes: 100)]) == nil)
        #expect(try note([file("x", mebibytes: 101)]) != nil)
    }

    /// A folder with a file of 101 MiB that takes no room.
    private func makeLargeFolder(for slipway: CommandRunner) throws {
        try slipway.write("FROM scratch\n", to: "app/Dockerfile")
        try slipway.write("", to: "app/.build/debug/x.o")
        let file = try FileHandle(forWritingTo: slipway.folder.appending(path: "app/.build/debug/x.o"))
        try file.truncate(atOffset: 101 << 20)
        try file.close()
    }

    private let words = """
        Note: The context is large: 4 entries, 101.0 MiB.
        The largest folders in it:
          .build: 3 entries, 101.0 MiB
        If the build makes .build anew, a line '.build' in .dockerignore leaves out 3 entries, 101.0 MiB.

        """

    @Test func `a build of a large folder says so on a terminal and in a log`() async throws {
        try await CommandRunner.with { _, slipway in
            try makeLargeFolder(for: slipway)

            let terminal = try await slipway.runOnTerminal("build", "--no-wait", "app") { _, _ in }
            let log = try await slipway.run("build", "--no-wait", "app")

            #expect(terminal.screen.contains("\u{1B}[KPacked 4 entries, 101.0 MiB; sent "))
            #expect(terminal.screen.contains("\r\u{1B}[K" + words.replacing("\n", with: "\r\n")))
            #expect(log.errors.contains("upload...\n" + words + "Sending context ("))
            #expect(!log.errors.contains("Packed"))
        }
    }
}
