import Testing

@testable import TaskFiles

struct GuessSearchTests {
    @Test(arguments: [
        "{{if .Run.Commit}}a{{end}}", "{{ index . \"Run\" \"ID\" }}", "{{ index $ \"Run\" \"ID\" }}",
        "{{ $x := $ }}", "{{ $.Run.ID | len }}", "{{ .Secrets.a }}", "{{ .Run }}", "{{ now | date \"2006\" }}",
        "{{ randAlpha 3 }}", "{{ print \"}}\" .Run.ID }}", "{{ print `}}` .Run.ID }}", "{{ with .Values }}{{end}}",
        "{{ range .Values.a }}{{ . }}{{ end }}", "{{/* a */}}{{ len .Run.ID }}", "{{ len .Run.ID", "{{ $x.y }}",
    ])
    func `what may decide on a guess is found`(text: String) {
        #expect(GuessSearch.dependsOnGuesses(text))
    }

    @Test(arguments: [
        "", "a.b $", "{{.Run.ID}}", "{{- .Run.Commit -}}", "{{ .Values.a.b }}", "{{ if .Values.a }}x{{ end }}",
        "{{ $.Values.a | upper }}", "{{ eq .Run.Registry \"a.b\" }}", "{{ print 1.5 .5 \"$\" `.` '.' }}",
        "{{/* .Run.ID }} */}}", "{{ $x := 1 }}{{ $x }}", "{{ rand }}{{ generic }}", "{{ print \"\\\".Run.ID\" }}",
        "{{ .Build.ID }}", "}} .Run.ID", "{{ \"unclosed", "{{ print \"\\",
    ])
    func `what decides on nothing that is guessed is not`(text: String) {
        #expect(!GuessSearch.dependsOnGuesses(text))
    }

    @Test func `S24 many actions are looked through`() {
        #expect(!GuessSearch.dependsOnGuesses(String(repeating: "{{1}}", count: 200_000)))
        #expect(!GuessSearch.dependsOnGuesses("{{" + String(repeating: " ", count: 1_000_000)))
        #expect(GuessSearch.dependsOnGuesses("{{" + String(repeating: ".a", count: 500_000)))
    }
}
