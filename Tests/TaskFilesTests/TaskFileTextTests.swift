import TaskModel
import Testing

@testable import TaskFiles

/// What is in a file besides its YAML, and how long it takes to see.
struct TaskFileTextTests {
    private func file(_ text: String) throws -> TaskFile {
        try TaskFile(text, with: TemplateData(run: PlanReader.run, values: ["a": .string("b")]))
    }

    @Test func `a byte order mark is no part of a file`() async throws {
        let mark = "\u{feff}"
        let file = try file(mark + "version: v1.1.0\nsteps: [{cmd: $Registry/a}]\n")
        let data = try TemplateData(run: PlanReader.run, valuesFile: mark + "a: b\n", overrides: [])
        let aliases = try AliasBlock.read(
            Array((mark + "a: b\n").utf8), of: AliasBlock.Source(name: "a", place: TextPlace(line: 1, column: 1)))

        #expect(file.steps.map(\.cmd) == [PlanReader.run.registry + "/a"])
        #expect(file.version == "v1.1.0")
        #expect(data.values == ["a": .string("b")])
        #expect(aliases == ["a": "b"])
    }

    @Test func `a second document is seen, and not read`() throws {
        #expect(try file("steps: [{cmd: a}]\n---\nsteps: [{cmd: b}]\n").rest?.line == 2)
        #expect(try file("steps: [{cmd: a}]\n").rest == nil)
        #expect(try file("---\nsteps: [{cmd: a}]\n...\n").rest == nil)
        #expect(try file("").rest == nil)
    }

    @Test(arguments: ["version: ''\nsteps: [{cmd: a}]\n", "version: \"\"\nsteps: [{cmd: a}]\n"])
    func `an empty version counts as none`(text: String) throws {
        #expect(try TaskGraph(try file(text)).steps.count == 1)
    }

    @Test(arguments: [
        (" bash x", " mcr.microsoft.com/acr/bash:7fcc50e x"), ("\t bash", "\t mcr.microsoft.com/acr/bash:7fcc50e"),
        ("bashful", "bashful"), ("  ", "  "), ("", ""),
    ])
    func `blanks before an alias that is the first word stay`(command: String, expected: String) throws {
        let aliases = TaskAliases(try AliasBlock([], TemplateData(run: PlanReader.run)), files: [], images: [:])

        #expect(aliases.replacingFirstWord(of: command) == expected)
    }

    @Test(arguments: [
        ("99999999999999999999", "too large"), ("1e300", "too large"), ("1x", "quotes or unit"),
        ("'1'", "quotes or unit"),
    ])
    func `a number that can't be taken is refused with the reason`(number: String, reason: String) throws {
        let error = #expect(throws: TaskFileError.self) { try file("steps: [{cmd: a, timeout: \(number)}]\n") }

        #expect(error?.code == .typeMismatch)
        #expect(error?.reason.contains(reason) == true)
    }

    @Test(arguments: [
        ("1.5", YAMLScalar.double(1.5)), (".5", .double(0.5)), ("5.", .double(5)), ("-1e3", .double(-1000)),
        ("+1.5E-1", .double(0.15)), ("1_0.5", .double(10.5)), (".", .string(".")), ("1.e", .string("1.e")),
        ("-", .string("-")), ("1.5.1", .string("1.5.1")), ("1e", .string("1e")), (".e5", .string(".e5")),
        ("1.e5", .double(100_000)), ("0x1F", .int(31)), ("-12", .int(-12)),
        ("18446744073709551615", .unsigned(.max)), ("0xffffffffffffffff", .unsigned(.max)),
    ])
    func `numbers are those of YAML 1.1`(text: String, expected: YAMLScalar) {
        #expect(YAMLScalar(text, isPlain: true, tag: nil) == expected)
    }

    @Test func `a value that only an unsigned number can be is shown whole`() throws {
        let data = try TemplateData(run: PlanReader.run, valuesFile: "n: 18446744073709551615\n", overrides: [])

        #expect(
            try Template.render("{{ .Values.n }} {{ toJson .Values }}", with: data)
                == "18446744073709551615 {\"n\":18446744073709551615}")
    }

    @Test func `names of images that an installation sets are known when a task is stored`() {
        let text = "version: v1.1.0\nsteps: [{push: [$own]}]\n"
        let data = TemplateData(run: PlanReader.run)
        let settings = TaskFileSettings(aliasImages: ["own": "own:2"])

        #expect(TaskFile.errorOfSyntax(in: text, with: data, settings: settings) == nil)
        #expect(TaskFile.errorOfSyntax(in: text, with: data, settings: TaskFileSettings())?.code == .commandSyntax)
    }

    @Test func `nothing is piped into a build`() throws {
        let error = #expect(throws: TaskFileError.self) { try PlanReader.plan(build: "-f - .") }

        #expect(error?.code == .commandUnsupported)
        #expect(error?.reason.contains("the Dockerfile '-'") == true)
    }

    @Test(arguments: [
        ("a | b", "", "a shell beside the container for '|'"), ("--network x b", "", "the existing network 'x'"),
        ("b", "network: x", "the existing network 'x'"),
    ])
    func `what a pool must allow reads well by itself and in a refusal`(line: String, more: String, what: String) throws
    {
        let error = #expect(throws: TaskFileError.self) { try PlanReader.plan(cmd: line, more) }
        let plan = try PlanReader.plan(cmd: line, more, allowing: Set(StepPermission.allCases))

        #expect(error?.reason.contains("\(what)") == true)
        #expect(error?.reason.contains(" needs the permission") == true)
        #expect(plan.needs.first?.what.hasPrefix(what) == true)
    }

    @Test func `S24 a file of line breaks, actions or numbers is read`() throws {
        let breaks = try file(String(repeating: "\n", count: 1 << 20 - 20) + "steps: [{cmd: a}]\n")
        let quotes = try file(
            "#" + String(repeating: "'", count: 500_000) + "\nversion:" + String(repeating: " ", count: 500_000)
                + "1.0-preview-1\n")
        let numbers = "steps: [{cmd: a, exitedWith: [" + String(repeating: "1.5, ", count: 9900) + "]}]\n"

        #expect(breaks.steps.count == 1)
        #expect(quotes.version == "1.0-preview-1")
        #expect(try file(numbers).steps.count == 1)
        #expect(YAMLScalar("1" + String(repeating: "_1", count: 500_000) + "x", isPlain: true, tag: nil) != .null)
    }
}
