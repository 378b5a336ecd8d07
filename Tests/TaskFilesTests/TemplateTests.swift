import Foundation
import TaskFiles
import Testing

struct TemplateTests {
    private static let run = RunVariables(
        id: "cf1", registry: "myregistry.example.com", date: Date(timeIntervalSince1970: 1_709_622_489),
        commit: "0123abc",
        branch: "feature/x", taskName: "demo", sharedVolume: "vol")

    @Test func `S10 a short template can't make a text without end`() {
        let run = RunVariables(
            id: String(repeating: "x", count: 10_000), registry: "r", date: Date(timeIntervalSince1970: 0))

        #expect(throws: TemplateError.tooLarge(limit: 4 << 20)) {
            try Template.render(String(repeating: "{{.Run.ID}}", count: 1000), with: run)
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("", ""),
        ("app:{{.Run.ID}}", "app:cf1"),
        ("{{ .Run.Registry }}/app:{{.Run.Date}}", "myregistry.example.com/app:20240305-070809z"),
        ("{{.Run.RegistryName}}-{{.Run.OS}}-{{.Run.Architecture}}", "myregistry-linux-amd64"),
        ("{{.Run.Commit}} {{.Run.Branch}} {{.Run.TaskName}} {{.Run.SharedVolume}}", "0123abc feature/x demo vol"),
        ("{{.Build.ID}}", "cf1"),
        ("a {{- .Run.ID -}} b", "acf1b"),
        ("a{{/* a comment */}}b", "ab"),
        ("a{{.Run.GitTag}}{{.Run.NoSuchName}}{{.NoSuchName}}{{.Values.x}}b", "ab"),
        ("{ {.Run.ID} }", "{ {.Run.ID} }"), ("a}}b", "a}}b"),
    ])
    func `variables of the run are filled in`(text: String, expected: String) throws {
        #expect(try Template.render(text, with: Self.run) == expected)
    }

    @Test(arguments: [
        ("{{ upper .Run.ID }}", "function 'upper'"),
        ("{{ .Run.ID | upper }}", "'.Run.ID | upper' (a pipeline or a call)"),
        ("{{ if .Run.ID }}x{{ end }}", "'if'"),
        ("{{ \"x\" }}", "'\"x\"'"), ("{{ . }}", "'.'"), ("{{ $x }}", "'$x'"),
        ("{{ .Run }}", "'.Run' as a whole"), ("{{ .RunJSON }}", "'.RunJSON' as a whole"),
        ("{{ printf }}", "function 'printf'"), ("{{ (.Run.ID) }}", "'(.Run.ID)'"),
    ])
    func `what is not supported yet is refused by name`(text: String, what: String) {
        #expect(throws: TemplateError.unsupported(template: text, what: what)) {
            try Template.render(text, with: Self.run)
        }
    }

    @Test(arguments: [
        "{{.Run.ID", "{{}}", "{{ }}", "{{.Run..ID}}", "{{..}}", "{{.1}}", "{{-.Run.ID}} {{", "{{.Run.ID!}}",
    ])
    func `a template that does not parse is refused`(text: String) {
        #expect(throws: TemplateError.self) { try Template.render(text, with: Self.run) }
    }

    @Test(arguments: ["{{.Run.ID.x}}", "{{.No.Such}}", "{{.Values.a.b}}"])
    func `a field of something without fields is an error`(text: String) {
        #expect {
            try Template.render(text, with: Self.run)
        } throws: { error in
            guard case TemplateError.evaluation = error else { return false }
            return true
        }
    }

    @Test func `a template of which nothing is left is an error`() {
        #expect(throws: TemplateError.empty(template: "{{.Run.GitTag}}")) {
            try Template.render("{{.Run.GitTag}}", with: Self.run)
        }
    }
}
