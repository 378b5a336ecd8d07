import Foundation
import TaskModel
import Testing

@testable import TaskFiles

struct TaskFileTests {
    private let run = RunVariables(
        id: "cf1", registry: "myregistry.example.com", date: Date(timeIntervalSince1970: 1_709_622_489))

    private func graph(_ text: String, values: [String: TemplateValue] = [:]) throws -> TaskGraph {
        try TaskGraph(try TaskFile(text, with: TemplateData(run: run, values: values)))
    }

    private func plan(_ text: String, allowing permissions: Set<StepPermission> = []) throws -> TaskPlan {
        try TaskPlan(try graph(text), policy: PoolPolicy(allowed: permissions), sharedVolume: "shared")
    }

    private func error(of text: String) throws -> TaskFileError {
        try #require(throws: TaskFileError.self) { try plan(text) }
    }

    @Test func `of a key that is written twice the last counts`() throws {
        let graph = try graph("steps: [{cmd: a, cmd: b, timeout: 3, timeout: 4}]\nsteps:\n- {cmd: x, cmd: y}\n")

        #expect(graph.steps.map(\.action) == [.command("y")])
    }

    @Test func `anchors, aliases and merge keys are followed`() throws {
        let graph = try graph(
            """
            common: &common {timeout: 7, cmd: busybox true}
            more: &more {timeout: 8, retries: 2}
            steps:
              - {<<: *common, id: one}
              - {<<: [*common, *more], timeout: 9}
            """)

        #expect(graph.steps.map(\.timeout) == [.seconds(7), .seconds(9)])
        #expect(graph.steps.map(\.retries) == [0, 2])
    }

    @Test(arguments: [
        ("1.9", 1), ("0x2", 2), ("1_0", 10), ("010", 8), ("1e1", 10), ("0b11", 3), ("+5", 5), ("~", 600), ("-3", 600),
    ])
    func `numbers are those of YAML 1-1`(text: String, seconds: Int) throws {
        #expect(try graph("steps: [{cmd: a, timeout: \(text)}]").steps[0].timeout == .seconds(seconds))
    }

    @Test(arguments: ["\"12\"", "10m", "yes", "[1]", "0x", "1-2", "99999999999999999999"])
    func `what is no number is refused where one is asked for`(text: String) throws {
        let error = try error(of: "steps:\n  - cmd: a\n    timeout: \(text)\n")

        #expect(error.code == .typeMismatch)
        #expect(error.place == TextPlace(line: 3, column: 14))
    }

    @Test(arguments: ["yes", "Y", "on", "True", "TRUE"]) func `switches are those of YAML 1-1`(text: String) throws {
        #expect(try graph("steps: [{cmd: a, keep: \(text)}]").steps[0].isKept)
    }

    @Test(arguments: ["\"yes\"", "1", "yEs", "[]"]) func `what is no switch is refused`(text: String) throws {
        #expect(try error(of: "steps: [{cmd: a, keep: \(text)}]").code == .typeMismatch)
    }

    @Test(arguments: [
        ("- a\n", TaskFileError.Code.typeMismatch), ("steps: {a: b}\n", .typeMismatch), ("steps: [~]\n", .typeMismatch),
        ("steps: [}\n", .yamlSyntax), ("steps: *nothing\n", .yamlSyntax), ("a: b: c\n", .yamlSyntax),
        ("? [a]\n: b\n", .yamlSyntax), ("steps: [{<<: 3}]\n", .yamlSyntax),
        ("a: \u{1}\n", .yamlSyntax),
    ])
    func `a file of another shape is refused`(text: String, code: TaskFileError.Code) throws {
        #expect(try error(of: text).code == code)
    }

    @Test func `lines of errors are those of the file, comments and aliases counted`() throws {
        let error = try error(
            of: """
                # a comment
                version: v1.1.0
                alias:
                  values:
                    a: b
                steps:
                  # another
                  - cmd: busybox true
                  - cmd: busybox echo $a
                    when: x
                """)

        #expect(error.place == TextPlace(line: 10, column: 11))
        #expect("\(error)".contains("line 10, column 11: 'when' must be a list, not text."))
    }

    @Test func `an error in the alias block has its line too`() throws {
        let error = try error(of: "version: v1.1.0\nsteps: []\nalias:\n  values: {a-b: c}\n")

        #expect(error.code == .aliasName)
        #expect(error.place?.line == 4)
    }

    @Test func `S10 a file over one of the limits is refused`() throws {
        let nested = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        let laughs =
            "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
            + "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        let aliases = "a: &a [x]\nb: [" + String(repeating: "*a,", count: 129) + "]\n"
        let many = "a: [" + String(repeating: "x,", count: 10_000) + "]\n"
        let steps = "steps:\n" + String(repeating: "- {cmd: a}\n", count: 501)
        let long = "a: " + String(repeating: "x", count: 1 << 20)

        for text in [nested, laughs, aliases, many, steps, long] {
            let error = try error(of: text)
            #expect(error.code == .tooComplex, "\(text.prefix(30)): \(error)")
        }
        #expect(try graph("steps:\n" + String(repeating: "- {cmd: a}\n", count: 500)).steps.count == 500)
        // The parser's own limit comes first.
        #expect(throws: TaskFileError.self) { try graph(String(repeating: "[", count: 200_000)) }
    }

    @Test func `values of a file keep their types and are overridden whole`() throws {
        let data = try TemplateData(
            run: run, valuesFile: "a: 1.50\nb: y\nc: 010\nd: {e: [1, ~], f: g}\nh: 1e30\ni: 0.00001\nk: 123456.789\n",
            overrides: [("x.y", "1"), ("z", "=")])

        func render(_ text: String) throws -> String { try Template.render(text, with: data) }

        #expect(try render("{{.Values.a}} {{.Values.b}} {{.Values.c}} {{.Values.d.f}}") == "1.5 true 8 g")
        #expect(try render("{{.Values.d}} {{.Values.z}}") == "map[e:[1 <nil>] f:g] =")
        #expect(try render("{{.Values.h}} {{.Values.i}} {{.Values.k}}") == "1e+30 1e-05 123456.789")
    }

    @Test(arguments: ["build: -t UPPER .", "push: ['a:b:c']"])
    func `a name that no registry takes is refused`(step: String) throws {
        #expect(try error(of: "steps:\n  - \(step)\n").code == .commandSyntax)
    }
}
