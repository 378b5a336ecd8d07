import Contexts
import Testing

@testable import BuildAgent

struct StepPartsTests {
    @Test func `containers are called like their steps where docker lets them`() {
        let names = StepNames(["build", "a b/c", "a_b_c", "ü", "x"])

        #expect(names["build"] == "build")
        #expect(names["a_b_c"] == "a_b_c")
        #expect(names["a b/c"] == "a_b_c_")
        #expect(names["ü"] == "_")
    }

    @Test(arguments: 1...12) func `a text is found however the output was cut`(size: Int) {
        let output = Array("some transient trouble".utf8)
        var search = TextSearch(["transient", "never"])

        for start in stride(from: 0, to: output.count, by: size) {
            search.add(Array(output[start..<min(start + size, output.count)]))
        }

        #expect(search.isFound)
    }

    @Test func `no text is found in other output`() {
        var search = TextSearch(["transient"])
        search.add(Array("transien".utf8))
        search.add(Array("ce".utf8))

        #expect(!search.isFound)
        var none = TextSearch([])
        none.add(Array("anything".utf8))
        #expect(!none.isFound)
    }

    @Test(
        arguments: [
            ("acb.yaml", "a"), ("./acb.yaml", "a"), ("/sub/../acb.yaml", "a"), ("sub/task.yaml", "b"), ("link", "b"),
            ("sub/up", "a"), ("missing", nil), ("sub", nil), ("../acb.yaml", nil), ("", nil), ("loop", nil),
            ("hard", "a"),
        ] as [(String, String?)])
    func `a file of a context is read, links followed inside it`(path: String, content: String?) async throws {
        func entry(_ path: String, _ kind: ContextEntry.Kind) -> InMemoryEntry {
            InMemoryEntry(ContextEntry(path: EntryPath(path), kind: kind, mode: 0o644, modified: 0))
        }
        let walk = InMemoryWalk([
            InMemoryEntry(file: "acb.yaml", bytes: Array("a".utf8)),
            entry("hard", .hardLink(target: EntryPath("acb.yaml"))),
            entry("link", .symbolicLink(target: Array("sub/task.yaml".utf8))),
            entry("loop", .symbolicLink(target: Array("loop".utf8))),
            entry("sub", .directory),
            InMemoryEntry(file: "sub/task.yaml", bytes: Array("b".utf8)),
            entry("sub/up", .symbolicLink(target: Array("../acb.yaml".utf8))),
        ])

        let bytes = try await ContextFileReader(walk: walk).read(path, limit: 100)

        #expect(bytes.map { String(decoding: $0, as: UTF8.self) } == content)
    }

    @Test func `S10 a task file over the limit is refused`() async throws {
        let walk = InMemoryWalk([InMemoryEntry(file: "acb.yaml", bytes: [1, 2, 3])])

        await #expect(throws: ContextError.self) { try await ContextFileReader(walk: walk).read("acb.yaml", limit: 2) }
    }
}
