import TaskModel
import Testing

struct ImageReferenceTests {
    private static let digest = "sha256:" + String(repeating: "a1", count: 32)

    @Test(
        arguments: [
            ("busybox", "docker.io", "library/busybox", nil, nil),
            ("busybox:1.36", "docker.io", "library/busybox", "1.36", nil),
            ("team/app", "docker.io", "team/app", nil, nil),
            ("docker.io/app", "docker.io", "library/app", nil, nil),
            ("localhost/app:v1", "localhost", "app", "v1", nil),
            ("localhost:5100/app", "localhost:5100", "app", nil, nil),
            ("registry:5000/a/b/c:t", "registry:5000", "a/b/c", "t", nil),
            ("Registry.Example.COM/app", "registry.example.com", "app", nil, nil),
            ("[::1]:5000/app:t", "[::1]:5000", "app", "t", nil),
            ("app@\(digest)", "docker.io", "library/app", nil, digest),
            ("r.test/app:v1@\(digest)", "r.test", "app", "v1", digest),
            ("r.test/a__b/c--d/e.f_g:_x", "r.test", "a__b/c--d/e.f_g", "_x", nil),
            ("a-host/app", "docker.io", "a-host/app", nil, nil),
        ] as [(String, String, String, String?, String?)])
    func `a name is taken apart`(text: String, registry: String, repository: String, tag: String?, digest: String?)
        throws
    {
        let reference = try ImageReference(text)

        #expect(reference == ImageReference(registry: registry, repository: repository, tag: tag, digest: digest))
        #expect(try ImageReference(reference.description) == reference)
    }

    @Test(arguments: [
        "", ":", "@", "app:", "app@", "APP", "app/", "/app", "a//b", "-app", "app-", ".app", "a..b", "a___b", "a_.b",
        "app:-t", "app:.t",
        "app:a b", "app:t:u", "a b", "app\n", "app:t\r\n", "app\0", "r.test:0/app", "r.test:99999/app", "r.test:/app",
        "r.test:x/app",
        "-r.test/app", "r..test/app", "http://r.test/app", "app@sha256:abc",
        "app@sha512:\(String(repeating: "a", count: 128))",
        "app@sha256:\(String(repeating: "A", count: 64))", "é", "r.test/é", "[::1/app", "[]:5/app", "{{.Run.ID}}",
    ])
    func `S12 what is no name is refused with a rule`(text: String) {
        let error = #expect(throws: InvalidName.self) { try ImageReference(text) }

        #expect(error?.rule.isEmpty == false)
        #expect(error?.description.contains { $0.isNewline || $0 == "\0" } == false)
    }

    @Test func `tags and repositories end at their limits`() throws {
        #expect(ImageReference.isTag(String(repeating: "a", count: 128)))
        #expect(!ImageReference.isTag(String(repeating: "a", count: 129)))
        #expect(ImageReference.isRepository(String(repeating: "a", count: 255)))
        #expect(!ImageReference.isRepository(String(repeating: "a", count: 256)))
    }

    @Test func `without tag and digest the reference is latest`() throws {
        #expect(try ImageReference("app").reference == "latest")
        #expect(try ImageReference("app:v1").reference == "v1")
        #expect(try ImageReference("app:v1@\(Self.digest)").reference == Self.digest)
    }

    @Test func `control characters are shown as escapes`() {
        #expect("a\nb\u{1B}[31m\u{202E}".escapedForDisplay == "a\\u{a}b\\u{1b}[31m\\u{202e}")
        #expect("grün 日本".escapedForDisplay == "grün 日本")
    }
}
