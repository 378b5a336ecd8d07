import Testing

@testable import Contexts

struct GitModulesTests {
    /// What the file says of the submodule at `m`.
    private func address(_ text: String) -> String? { GitModules(Array(text.utf8)).addresses[Array("m".utf8)] }

    @Test(arguments: [
        "[submodule \"a\"]\n\tpath = m\n\turl = ../x.git\n", "[submodule \"a\"]\r\n path=m\r\n url=../x.git\r\n",
        "[submodule \"a\"] path = m\nurl = ../x.git",
        "[submodule \"]\\\"\"] url = ../x.git ; note\npath = \"m\" # note",
        "[submodule \"a\"]\nPath = other\npath = ./m/\nURL = \"../x\".git",
    ])
    func `addresses are found as git finds them`(_ text: String) {
        #expect(address(text) == "../x.git")
    }

    @Test(arguments: [
        "path = m\n[submodule \"a\"]\nurl = ../x.git\n",
        "[submodule \"a\"]\npath = m\n[submodule \"b\"]\nurl = ../x.git\n",
        "[submodule \"a\"]\n#path = m\nurl = ../x.git\n", "[submodule \"a\npath = m", "",
    ])
    func `what belongs to another section does not count`(_ text: String) {
        #expect(address(text) == nil)
    }

    @Test(arguments: [
        ("../x.git", "https://example.com/a/b.git", "https://example.com/a/x.git"),
        ("./x.git", "https://example.com/a/b.git/", "https://example.com/a/b.git/x.git"),
        ("../../x.git", "git@example.com:a/b.git", "git@example.com:x.git"),
        ("https://other.example.com/x.git", "https://example.com/a.git", "https://other.example.com/x.git"),
    ])
    func `relative addresses are those of the repository around`(_ address: String, _ remote: String, _ whole: String) {
        #expect(GitModules.resolve(address, against: remote) == whole)
    }
}
