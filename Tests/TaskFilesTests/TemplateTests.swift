import Foundation
import TaskFiles
import Testing

struct TemplateTests {
    static let run = RunVariables(
        id: "cf1", registry: "myregistry.example.com", date: Date(timeIntervalSince1970: 1_709_622_489),
        commit: "0123abc", branch: "feature/x", taskName: "demo", sharedVolume: "vol")

    static let data = TemplateData(
        run: run,
        values: [
            "s": .string("text"), "n": .int(7), "f": .double(1.5), "b": .bool(true), "z": .null, "e": .string(""),
            "l": .list([.string("a"), .string("b"), .int(3)]),
            "m": .map(["k": .string("v"), "a": .int(1), "deep": .map(["x": .string("y")])]),
        ],
        secrets: ["pw": "s3cr3t"])

    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a}}b", "a}}b"), ("{ {.Run.ID} }", "{ {.Run.ID} }"),
        ("{{ .Run.Registry }}/app:{{.Run.Date}}", "myregistry.example.com/app:20240305-070809z"),
        ("{{.Run.RegistryName}}-{{.Run.OS}}-{{.Run.Architecture}}", "myregistry-linux-amd64"),
        ("{{.Run.Commit}} {{.Run.Branch}} {{.Run.TaskName}} {{.Run.SharedVolume}}", "0123abc feature/x demo vol"),
        ("{{.Build.ID}} {{.Secrets.pw}}[{{.Secrets.other}}]", "cf1 s3cr3t[]"),
        (
            "{{.Values.m.deep.x}} {{.Values.f}} {{.Values.b}} {{.Values.l}} {{.Values.m}}",
            "y 1.5 true [a b 3] map[a:1 deep:map[x:y] k:v]"
        ),
        ("a{{.Run.GitTag}}{{.Run.NoSuchName}}{{.NoSuchName}}{{.Values.x}}{{.Values.z}}b", "ab"),
        ("{{ .Values.x | default \"d\" }} [{{ .Values.x | b64enc }}]", "d []"),
        ("{{ $x := .Values.x }}[{{ $x.y }}{{ (.Values.x).y }}]", "[]"),
        (
            "{{ .ValuesJSON }}",
            "'{\"b\":true,\"e\":\"\",\"f\":1.5,\"l\":[\"a\",\"b\",3],\"m\":{\"a\":1,\"deep\":{\"x\":\"y\"},\"k\":\"v\"},"
                + "\"n\":7,\"s\":\"text\",\"z\":null}'"
        ),
        ("{{ set .Values.m \"new\" 1 | keys }} {{ .Values.m.new }}", "[a deep k new] 1"),
    ])
    func `data of the run are filled in`(text: String, expected: String) throws {
        #expect(try Template.render(text, with: Self.data) == expected)
    }

    @Test func `whole sets are JSON that a shell takes for one word`() throws {
        let data = TemplateData(run: Self.run, values: ["b": .string("it's")])

        #expect(try Template.render("{{.ValuesJSON}}", with: data) == "'{\"b\":\"it'\"'\"'s\"}'")
        let json = try Template.render("{{.RunJSON}}", with: data)
        #expect(
            json.hasPrefix("'{\"Architecture\":\"amd64\",\"Branch\":\"feature/x\",\"Commit\":\"0123abc\",\"Date\":"))
        #expect(json.contains(",\"RegistryName\":\"myregistry\","))
        #expect(try Template.render("{{.ValuesJSON}}x", with: TemplateData(run: Self.run)) == "'{}'x")
    }

    @Test(arguments: [
        ("a {{- 1 -}} b {{ 2 -}}   c {{- /* c */ -}} d", "a1b 2cd"),
        ("a{{/* a }} comment */}}b", "ab"), ("{{-1}} {{- 1}}", "-11"), ("{{\n  .Run.ID\n  | upper\n}}", "CF1"),
        (
            "{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 'a' }} {{ '\\n' }} {{ 1e3 }} {{ .5 }}",
            "31 5 15 15 1000 97 10 1000 0.5"
        ),
        (
            "{{ 1e5 }} {{ 1e6 }} {{ 123456789.0 }} {{ 0.0001 }} {{ 0.00001 }}",
            "100000 1e+06 1.23456789e+08 0.0001 1e-05"
        ),
        ("{{ \"a\\tb\\\"\\u00e9\\x41\\101\" }}{{ `raw\\n` }}", "a\tb\"éAAraw\\n"),
        ("{{ if 0 }}a{{ else if \"\" }}b{{ else if 1 }}c{{ else }}d{{ end }}", "c"),
        ("{{ with .Values.m.deep }}{{ .x }}{{ $.Run.ID }}{{ end }}{{ with \"\" }}a{{ else }}b{{ end }}", "ycf1b"),
        ("{{ range $i, $v := list \"a\" \"b\" }}{{ $i }}={{ $v }};{{ end }}", "0=a;1=b;"),
        ("{{ range $k, $v := dict \"b\" 2 \"a\" 1 }}{{ $k }}{{ $v }}{{ end }}{{ range 3 }}{{ . }}{{ end }}", "a1b2012"),
        ("{{ range .Values.none }}x{{ else }}none{{ end }}", "none"),
        (
            "{{ range until 9 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ if gt . 4 }}{{ break }}{{ end }}{{ . }}{{ end }}",
            "0134"
        ),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $y := 3 }}{{ $x := 9 }}{{ end }}{{ $x }}", "2"),
        (
            "{{ define \"a\" }}[{{ . }}{{ $ }}]{{ end }}{{ template \"a\" 5 }}{{ block \"b\" 1 }}<{{ . }}>{{ end }}",
            "[55]<1>"
        ),
        (
            "{{ define \"f\" }}{{ if . }}{{ first . }}{{ template \"f\" (rest .) }}{{ end }}{{ end }}"
                + "{{ template \"f\" (until 4) }}", "0123"
        ),
        ("{{ (dict \"a\" (dict \"b\" 7)).a.b }} {{ ((5)) }} {{ (list 1 2) | len }}", "7 5 2"),
        ("{{ $m := dict \"x\" 1 }}{{ range list 1 2 }}{{ $_ := set $m \"x\" (add $m.x .) }}{{ end }}{{ $m.x }}", "4"),
    ])
    func `the language is that of Go`(text: String, expected: String) throws {
        #expect(try Template.render(text, with: Self.data) == expected)
    }

    @Test(arguments: [
        "{{.Run.ID", "{{}}", "{{ }}", "{{.Run..ID}}", "{{..}}", "{{.1.}}", "{{-.Run.ID}} {{", "{{.Run.ID!}}",
        "{{ frobnicate }}", "{{ 1 | frobnicate }}", "{{ $x }}", "{{ $x = 1 }}",
        "{{ if 1 }}{{ $a := 1 }}{{ end }}{{ $a }}",
        "{{ if 1 }}x", "{{ end }}", "{{ else }}", "{{ if }}x{{ end }}", "{{ if 1 }}{{ else }}{{ else }}{{ end }}",
        "{{ break }}", "{{ (1 }}", "{{ 1) }}", "{{ () }}", "{{ | }}", "{{ 1 | 2 }}", "{{ 08 }}", "{{ 1x }}",
        "{{ \"a }}",
        "{{ \"a\\q\" }}", "{{ 'ab' }}", "{{ `a }}", "{{/* a }}", "{{/* a */ }}", "{{ true.x }}", "{{ \"a\".x }}",
        "{{ define \"x\" }}a{{ end }}{{ define \"x\" }}b{{ end }}", "{{ if 1 }}{{ define \"x\" }}{{ end }}{{ end }}",
        "{{ $a, $b := list }}", "{{ range $a, $b, $c := list }}{{ end }}", "{{ template x }}", "{{ \u{1} }}",
        "{{ env \"HOME\" }}", "{{ expandenv \"$HOME\" }}", "{{ getHostByName \"localhost\" }}",
    ])
    func `a template that does not parse is refused`(text: String) {
        let error = #expect(throws: TemplateError.self) { try Template.render(text, with: Self.data) }
        guard case .syntax = error else { Issue.record("\(text): \(String(describing: error))"); return }
    }

    @Test(arguments: [
        "{{.Run.ID.x}}", "{{.No.Such}}", "{{.Values.a.b}}", "{{ upper .Values.none }}", "{{ upper 5 }}", "{{ upper }}",
        "{{ upper \"a\" \"b\" }}", "{{ 1 2 }}", "{{ .Run.ID 5 }}", "{{ 5 | .Run.ID }}", "{{ nil }}", "{{ eq 1 1.0 }}",
        "{{ eq \"a\" 1 }}", "{{ lt true false }}", "{{ eq 1 }}", "{{ eq (list) (list) }}", "{{ index (list 1) 5 }}",
        "{{ index (list 1) -1 }}", "{{ index (dict) 1 }}", "{{ index nil 1 }}", "{{ len 5 }}",
        "{{ range 1.5 }}{{ end }}",
        "{{ range \"abc\" }}{{ end }}", "{{ template \"none\" }}", "{{ fail \"no\" }}", "{{ div 1 0 }}",
        "{{ mod 1 0 }}",
        "{{ first \"abc\" }}", "{{ substr 2 1 \"abc\" }}", "{{ slice (list 1 2) 1 9 }}", "{{ repeat -1 \"a\" }}",
        "{{ semver \"a\" }}", "{{ semverCompare \"\" \"1.2.3\" }}", "{{ mustToDate \"2006\" \"x\" }}",
        "{{ mustFromJson \"{\" }}", "{{ ternary 1 2 3 }}", "{{ b64dec \"%\" }}",
    ])
    func `asking for what does not exist or can't be is an error`(text: String) {
        let error = #expect(throws: TemplateError.self) { try Template.render(text, with: Self.data) }
        guard case .evaluation = error else { Issue.record("\(text): \(String(describing: error))"); return }
    }

    @Test(arguments: [
        ("{{ htpasswd \"a\" \"b\" }}", 3, "the function 'htpasswd'"), ("a {{ 1 | call }}", 9, "the function 'call'"),
        ("{{ (now).Year }}", 3, "'.Year' of a time"), ("{{ printf \"%#v\" 1 }}", 3, "'%#v' of printf"),
    ])
    func `what is not supported is refused by name, with its place`(text: String, offset: Int, what: String) {
        #expect(throws: TemplateError.unsupported(template: text, at: offset, what: what)) {
            try Template.render(text, with: Self.data)
        }
    }

    @Test func `a template of which nothing is left is an error`() {
        #expect(throws: TemplateError.empty(template: "{{.Run.GitTag}}")) {
            try Template.render("{{.Run.GitTag}}", with: Self.run)
        }
    }

    @Test(arguments: [
        ("steps:\n  # {{\n  - cmd: é {{ .Run.ID", TaskFileError.Code.templateSyntax, 3, 12),
        ("steps:\n\n  - cmd: {{ frob }}\n", .templateSyntax, 3, 13),
        ("steps:\n  - cmd: a {{ .Values.a.b }}\n", .templateEvaluation, 2, 15),
        ("steps:\n  - cmd: {{ upper 5 }}\n", .templateEvaluation, 2, 13),
        ("steps:\n  - cmd: {{ bcrypt \"a\" }}\n", .templateUnsupported, 2, 13),
        ("version: v1.1.0\nalias:\n  values:\n    a: {{ frob }}\nsteps: []\n", .templateSyntax, 4, 11),
    ])
    func `errors tell the place in the file`(file: String, code: TaskFileError.Code, line: Int, column: Int) throws {
        let error = try #require(throws: TaskFileError.self) { try TaskFile(file, with: Self.data) }

        #expect(error.code == code)
        #expect(error.place == TextPlace(line: line, column: column), "\(error)")
    }
}
