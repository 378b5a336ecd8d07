import TaskFiles
import Testing

struct SyntaxLineTests {
    private func line(_ text: String) -> SyntaxLine? { SyntaxLine(in: Array(text.utf8)) }

    private func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test(arguments: [
        ("# syntax=docker/dockerfile:1\nFROM a", "docker/dockerfile:1", 1),
        ("#syntax = docker/dockerfile \r\nFROM a", "docker/dockerfile", 1),
        ("#\tSYNTAX=a/b:c with words\n", "a/b:c", 1),
        ("# escape=`\n# other=1\n# syntax=x/y\nFROM a", "x/y", 3),
        ("\u{feff}# syntax=x/y\nFROM a", "x/y", 1),
        ("#!/usr/bin/env docker\n# syntax=x/y\nFROM a", "x/y", 2),
        ("// syntax=x/y\nanything", "x/y", 1), ("#\u{c}syntax=x/y\nFROM a", "x/y", 1),
        ("#\rsyntax=x/y\nFROM a", "x/y", 1), ("# syntax\u{c}=x/y\nFROM a", "x/y", 1),
        ("# x=\u{a0}\n# syntax=x/y\nFROM a", "x/y", 2), ("# x=\u{338}y\n# syntax=x/y\nFROM a", "x/y", 2),
        ("\u{feff}#!/x\n# syntax=x/y\nFROM a", "x/y", 2), ("\u{feff}{\"Syntax\": \"x/y\"}", "x/y", 1),
        ("{\"syntax\": \"x/y\", \"n\": 1}", "x/y", 1), ("{\"\\u0073yntax\": \"x/y\"}", "x/y", 1),
        ("{\"syntax\": \"x/y\"} FROM a", "", 1),
        ("{\"syntax\": \"x/y:1\", \"more\": \"z\"}", "x/y:1", 1),
    ])
    func `the line is found in each of its forms`(text: String, image: String, number: Int) throws {
        let found = try #require(line(text))

        #expect(found.image == image)
        #expect(found.number == number)
    }

    @Test(arguments: [
        "FROM a\n# syntax=x/y", "\n# syntax=x/y\nFROM a", "# a comment\n# syntax=x/y", "# syntax=\nFROM a", "",
        "# syntaxes=x/y", "{\"other\": \"x\"}", "#syntax", "RUN echo '# syntax=x'",
    ])
    func `what is no such line is none`(text: String) {
        #expect(line(text) == nil)
    }

    @Test(arguments: [
        ("# syntax=a/b:1 words\r\nFROM a\n", "# syntax=c/d:2 words\r\nFROM a\n"),
        ("# escape=`\n#Syntax=a/b\nFROM a", "# escape=`\n# syntax=c/d:2\nFROM a"),
        ("// syntax=a/b\nx", "// syntax=c/d:2\nx"), ("{\"syntax\":\"a/b\"}", "{\"syntax\":\"c/d:2\"}"),
    ])
    func `another image is put in its place`(before: String, after: String) {
        #expect(text(line(before)?.replacing(by: "c/d:2")) == after)
    }

    @Test(arguments: [
        ("# syntax=a/b\nFROM a\n", "#\nFROM a\n"),
        ("# syntax=a/b\n# escape=`\nFROM a", "# escape=`\n#\nFROM a"),
        ("# escape=`\r\n# syntax=a/b\r\n# check=skip=all\r\nFROM a", "# escape=`\r\n# check=skip=all\r\n#\nFROM a"),
        ("#!/x\n# syntax=a\n# syntax=b\nFROM a", "#!/x\n#\n#\nFROM a"),
    ])
    func `without it all other lines keep their numbers, and directives hold`(before: String, after: String) {
        #expect(text(line(before)?.removed()) == after)
    }

    @Test func `a document in JSON can't do without it`() {
        #expect(line("{\"syntax\":\"a/b\"}")?.removed() == nil)
    }
}
