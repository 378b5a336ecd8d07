import TaskModel
import Testing

struct BuildSettingsTests {
    @Test(arguments: [
        ("docker/dockerfile=m.test/d", "docker/dockerfile:1.4", "m.test/d:1.4"),
        ("docker/dockerfile=m.test/d", "docker.io/docker/dockerfile", "m.test/d"),
        ("docker/dockerfile=m.test/d:9", "docker/dockerfile:1.4", "m.test/d:9"),
        ("docker/dockerfile:1=m.test/d", "docker/dockerfile:1", "m.test/d:1"),
        ("docker/dockerfile:latest=m.test/d:x", "docker/dockerfile", "m.test/d:x"),
        ("docker/dockerfile:1=m.test/d", "docker/dockerfile:2", nil),
        ("docker/dockerfile=m.test/d", "other/dockerfile:1", nil),
        ("docker/dockerfile=builtin", "docker/dockerfile:1", "builtin"), ("builtin", "any/thing", "builtin"),
    ])
    func `a rule says what becomes of an image`(rule: String, image: String, expected: String?) throws {
        let replacement = try #require(SyntaxRule(rule)).replacement(for: try ImageReference(image))

        switch replacement {
        case .builtin?: #expect(expected == "builtin")
        case .image(let image)?: #expect(image.description == expected)
        case nil: #expect(expected == nil)
        }
    }

    @Test(arguments: ["", "yes", "a/b", "=a", "a=", "A B=c", "a=B C"])
    func `other texts are no rules`(text: String) {
        #expect(SyntaxRule(text) == nil)
    }
}

struct CacheOptionTests {
    @Test(arguments: [("a/b:1", "a/b:1"), ("type=registry,ref=r.test/a", "r.test/a"), ("ref=a", "a")])
    func `a cache is read from an image`(text: String, image: String) throws {
        #expect(try CacheOption.source(text) == image)
    }

    @Test(arguments: [
        ("inline", CacheTarget.inline), ("type=inline", .inline), ("a/b:1", .registry("a/b:1", isComplete: false)),
        ("type=registry,ref=a", .registry("a", isComplete: false)),
        ("type=registry,mode=max,ref=a", .registry("a", isComplete: true)),
    ])
    func `a cache is written to an image`(text: String, target: CacheTarget) throws {
        #expect(try CacheOption.target(text) == target)
    }

    @Test(arguments: [
        "type=gha", "type=local,dest=x", "type=registry", "type=registry,ref=", "type=registry,ref=a,mode=some",
        "type=inline,ref=a", "", "type=registry,ref=a,compression=zstd", "type=registry,,ref=a",
    ])
    func `what can't be written is refused`(text: String) {
        #expect(throws: CacheOptionError.self) { try CacheOption.target(text) }
    }
}
