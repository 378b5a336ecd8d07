import Testing

@testable import Scheduling

struct NameGlobTests {
    @Test(arguments: [
        ("main", "main", true), ("main", "mains", false), ("Main", "main", false),
        ("release/*", "release/1.0", true), ("release/*", "release/1/2", false), ("release/*", "release/", true),
        ("release/**", "release/1/2", true), ("*", "a/b", false), ("**", "a/b", true),
        ("v?.?", "v1.2", true), ("v?.?", "v1.20", false), ("v?", "v/", false),
        ("v[0-9].x", "v7.x", true), ("v[!0-9].x", "v7.x", false), ("v[!0-9].x", "va.x", true), ("a[/]b", "a/b", false),
        ("**/docs/*.md", "docs/a.md", true), ("**/docs/*.md", "x/y/docs/a.md", true),
        ("**/docs/*.md", "xdocs/a.md", false), ("src/**/a", "src/a", true), ("src/**/a", "src/b/c/a", true),
        ("src/**/a", "srca", false), ("src/**/a", "src/xa", false), ("a**/b", "ax/b", true), ("a**b", "a/x/b", true),
        ("[ab", "[ab", true), (#"\*"#, "*", true), (#"\*"#, "x", false), ("", "", true), ("", "a", false),
        ("ä*", "äöü", true), ("**/**/a", "a", true), ("**/", "a/", true), ("**/", "a", false),
    ])
    func `a pattern fits whole names alone`(pattern: String, name: String, fits: Bool) {
        #expect(NameGlob(pattern).matches(name) == fits)
    }

    @Test func `S10 64 stars on a path of 4 KiB are matched at once`() {
        let clock = ContinuousClock()
        let path = String(repeating: "a", count: 4096)
        var isMatch = true

        let time = clock.measure {
            for pattern in [String(repeating: "a*", count: 64) + "b", String(repeating: "**a", count: 64) + "b"] {
                isMatch = NameGlob(pattern).matches(path)
            }
        }

        #expect(!isMatch)
        // Backtracking would take longer than the universe lasts.
        #expect(time < .seconds(30))
    }

    @Test(arguments: [
        (["main", "release/**"], "release/1", true), (["main", "release/**"], "topic", false),
        (["**", "!topic/**"], "topic/x", false), (["!topic/**"], "main", true), (["!topic/**"], "topic/x", false),
        (["**", "!topic/**", "topic/keep"], "topic/keep", true), ([], "main", true),
    ])
    func `of the patterns that fit the last one counts`(patterns: [String], name: String, selects: Bool) {
        #expect(NameFilter(patterns).selects(name) == selects)
    }
}
