import TaskModel
import Testing

struct SecretLocationTests {
    @Test(arguments: [
        ("https://V.test/secrets/Name", "https://v.test/secrets/Name"),
        ("HTTPS://v.test:8443/secrets/a-1/0A", "https://v.test:8443/secrets/a-1/0A"),
    ])
    func `a location is that of a key vault`(text: String, location: String) throws {
        let read = try SecretLocation(text)

        #expect(read.description == location)
        #expect(try SecretLocation(read.description) == read)
    }

    @Test(arguments: [
        "", "a", "http://v.test/secrets/a", "https:///secrets/a", "https://v.test/keys/a", "https://v.test/secrets",
        "https://v.test/secrets/", "https://v.test/secrets/a/", "https://v.test/secrets/a/b/c",
        "https://v.test/secrets/a_b", "https://v.test/secrets/a%2Fb", "https://v.test%2Fx/secrets/a",
        "https://me@v.test/secrets/a", "https://v.test/secrets/a?b", "https://v.test/secrets/a#b",
        "https://v.test/secrets/" + String(repeating: "a", count: 128),
    ])
    func `anything else is refused`(text: String) {
        #expect(throws: InvalidName.self) { try SecretLocation(text) }
    }
}
