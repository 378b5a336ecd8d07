import TaskModel
import Testing

@testable import TaskFiles

/// Where in a file errors are.
struct TaskFilePlaceTests {
    private func error(_ text: String, values: [String: TemplateValue] = [:]) throws -> TaskFileError {
        try #require(throws: TaskFileError.self) {
            let file = try TaskFile(text, with: TemplateData(run: PlanReader.run, values: values))
            _ = try TaskPlan(try TaskGraph(file), policy: PoolPolicy(), sharedVolume: "w")
        }
    }

    @Test(arguments: [
        // Comments count.
        ("version: v1.1.0\nalias:\n# one\n# two\n  values: []\nsteps: []\n", 5, 11),
        ("# one\nversion: v1.1.0\nalias:\n  # two\n  values:\n    # three\n    a-b: c\nsteps: []\n", 7, 5),
        // An alias of several lines makes lines of its own.
        ("version: v1.1.0\nalias:\n  values: {a: \"x\\n#\"}\nsteps:\n  - cmd: b $a\n  - cmd: {}\n", 6, 10),
        // What templates make moves columns, and after them lines.
        ("version: v1.1.0\nsteps: [{cmd: $Registry/a, when: [x]}]\n", 2, 1),
        ("version: v1.1.0\nsteps: [{when: [x], cmd: $Registry/a}]\n", 2, 16),
        ("steps: [{cmd: '{{.Run.ID}}', when: [x]}]\n", 2 - 1, 1),
        ("steps:\n  - cmd: a\n    when: [x]\n  {{range until 3}}\n  - cmd: b\n{{end}}", 3, 11),
        // Of networks.
        ("steps: []\nnetworks:\n  - {name: a, skipCreation: true}\n", 3, 5), ("networks:\n  - driver: x\n", 2, 5),
        ("steps:\n  - id: a\n    cmd: a --b | c\n", 3, 10),
    ])
    func `an error has the place in the file as written`(text: String, line: Int, column: Int) throws {
        let place = try error(text).place

        #expect(place == TextPlace(line: line, column: column))
    }

    @Test(arguments: [
        "{{range until 3}}\n#\n{{end}}\nsteps:\n  - cmd: {}\n",
        "version: v1.1.0\n{{range until 3}}\n#\n{{end}}\nsteps:\n  - {cmd: a, when: [x]}\n",
    ])
    func `behind templates that change how many lines there are, an error has none`(text: String) throws {
        #expect(try error(text).place == nil)
    }

    @Test func `bytes that are no UTF-8 are told with their line`() {
        let bytes = Array("a: b\nc: ".utf8) + [0xff, 0x0a]
        let file = #expect(throws: TaskFileError.self) { try TaskFile.text(of: bytes) }
        let values = #expect(throws: TaskFileError.self) { try TaskFile.text(of: bytes, "the file of values") }

        #expect(file?.code == .yamlSyntax)
        #expect(file?.place == TextPlace(line: 2, column: 1))
        #expect(values?.reason.hasPrefix("Line 2 of the file of values has") == true)
    }
}
