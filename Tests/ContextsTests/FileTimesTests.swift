import Testing

@testable import Contexts

struct FileTimesTests {
    private let secret = [UInt8](repeating: 7, count: 32)

    private func item(
        _ path: String, _ content: String?, _ kind: ContextEntry.Kind = .file(size: 4), modified: Int64 = 5,
        capability: FileCapability? = nil
    ) -> ContextListing.Item {
        ContextListing.Item(
            entry: ContextEntry(
                path: EntryPath(path), kind: kind, mode: 0o644, modified: modified, capability: capability),
            contentID: content.map { ContentID(of: Array($0.utf8)) })
    }

    @Test func `times follow from contents alone, within 18 hours of the first day of 2000`() {
        let items = (0..<1000).map { item("\($0)", "text \($0 / 2)", modified: Int64($0)) }

        let times = FileTimes.contents(nil).times(of: items)

        #expect(Set(times).count == 500)
        #expect(times[0] == times[1] && times[998] == times[999])
        let first = FileTimes.base * 1_000_000_000
        #expect(times.allSatisfy { (first..<first + 65_536_000_000_000).contains($0) })
        #expect(Set(times.map { $0 % 1_000_000_000 }).count > 450)
    }

    @Test func `what is no file has a fixed time, and a hard link that of its file`() {
        let items = [
            item("d", nil, .directory), item("l", nil, .symbolicLink(target: [1])), item("f", "x"),
            item("h", "x", .hardLink(target: EntryPath("f"))),
        ]

        let times = FileTimes.contents(nil).times(of: items)

        #expect(times[0] == FileTimes.base * 1_000_000_000 && times[1] == times[0])
        #expect(times[2] == times[3] && times[2] != times[0])
    }

    @Test func `nobody without the secret can tell a time beforehand`() {
        let items = [item("a", "text")]
        let key = ContextKey(secret: secret, identity: ["registry", "app"])
        let keys = [
            nil, key, ContextKey(secret: secret, identity: ["registryapp", ""]),
            ContextKey(secret: [UInt8](repeating: 8, count: 32), identity: ["registry", "app"]),
        ]

        #expect(Set(keys.map { FileTimes.contents($0).times(of: items) }).count == 4)
        #expect(Set(keys.map { $0?.name ?? "" }).count == 4)
        #expect(FileTimes.contents(key.slot(3)).times(of: items) == FileTimes.contents(key).times(of: items))
        #expect(key.slot(3).name == key.name + "-3" && key.slot(0) == key)
    }

    @Test func `another capability is another time`() {
        let capability = FileCapability([1, 0, 0, 2] + [UInt8](repeating: 0, count: 16))
        let items = [item("a", "text"), item("a", "text", capability: capability)]

        #expect(Set(FileTimes.contents(nil).times(of: items)).count == 2)
    }

    @Test func `what is not known is new each time where a daemon keeps it, and has its own time elsewhere`() {
        let items = [item("a", nil, modified: 77)]
        let kept = FileTimes.contents(ContextKey(secret: secret, identity: []))

        #expect(kept.times(of: items) != kept.times(of: items))
        #expect(FileTimes.contents(nil).times(of: items) == [77_000_000_000])
    }

    @Test func `own times are clamped`() {
        let items = [item("a", "x", modified: 10), item("b", "x", modified: 30)]

        #expect(FileTimes.own(latest: 20).times(of: items) == [10_000_000_000, 20_000_000_000])
        #expect(FileTimes.own(latest: nil).times(of: items) == [10_000_000_000, 30_000_000_000])
    }
}
