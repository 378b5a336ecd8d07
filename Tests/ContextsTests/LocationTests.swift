import Testing

@testable import Contexts

struct LocationTests {
    @Test(arguments: [
        "https://user:s3cret@example.com/app.git#main", "https://s3cret-that-is-long-enough@example.com/app.git",
        "https://s3cret-that-is-long-enough:@example.com/app.git#:x", "ssh://git:s3cret@example.com/app.git",
        "https://user:s3cret@example.com/app.tar.gz", "https://example.com/app.tar.gz?sig=s3cret",
        "oci://user:s3cret@registry.example.com/app:1", "oci://user:s3cret@registry.example.com/app",
        "https://user:s3cret@example.com:port/app.git", "https://user:pa/s3cret@example.com/app.git",
        "https://user:pa/%zz@s3cret@example.com/app.git", "ftp://user:s3cret@example.com/x",
        "https://user:s3cret@/x.git",
        "user:s3cret@example.com/app.git", "s3cret-token@example.com/team/app.git",
        "https://user:s3cret@example.com/app.git#-x", "https://user:s3cret@example.com/app.git#a b",
        "https://user:s3cret@example.com/app.git#%zz", "https://user:s3cret@example.com/app.git#:../x",
        "git://user:s3cret@example.com/app.git", "https://user:s3cret%zz@example.com/app.git",
        "https://user:s3cret@example.com/app.git?ref=a&tag=b",
    ])
    func `S20 user info is in nothing that is shown of a source`(_ text: String) {
        var shown: [String] = []
        do throws(ContextError) {
            let location = try ContextLocation(text)
            shown = [location.redacted, "\(location)"]
            if case .git(let reference) = location {
                shown += [reference.remote, reference.redacted, "\(reference)", String(reflecting: reference.written)]
            }
        } catch {
            shown = [error.description]
        }

        #expect(!shown.contains { $0.contains("s3cret") }, "\(shown)")
    }

    @Test(arguments: [
        "https://example.com/app.git#a%2541:b%0ac", "https://example.com/app.git#:%E2%80%A8",
        "git@example.com:a://b.git#x%41",
        "ssh://git@example.com/app.git#refs/pull/1/head:a#b", "https://example.com/app.git?subdir=a%23b&tag=x",
        "https://dev.azure.com/o/p/_git/r#main:my%20dir",
    ])
    func `S12 what is shown of a git reference is one line that names the same`(_ text: String) throws {
        guard case .git(let reference) = try ContextLocation(text),
            case .git(let again) = try ContextLocation(reference.redacted)
        else {
            Issue.record("no git reference")
            return
        }

        #expect(!reference.redacted.unicodeScalars.contains(where: isControl))
        #expect(again.remote == reference.remote && again.ref == reference.ref && again.subdir == reference.subdir)
    }

    @Test func `S12 what is named in an error does not make it several lines`() {
        let error = ContextError.entryRefused("a\nb\u{1b}[2J\u{2028}c", reason: "it is a device")

        #expect(error.description == "The entry 'a?b?[2J?c' is refused: it is a device.")
        #expect(throws: ContextError.self) { try ContextLocation("https://example.com/\u{85}app.git") }
        #expect(throws: ContextError.self) {
            try ContextLocation("https://example.com/" + String(repeating: "é", count: 5000))
        }
    }

    @Test func `S2 an address of a submodule holds no control characters`() {
        let error = #expect(throws: ContextError.self) {
            try GitReference(submodule: "https://example.com/x\r\nHost: y.git", commit: "0", credential: nil)
        }

        #expect(error?.code == "source-refused")
    }
}
