import Foundation
import TaskFiles
import Testing

/// However a template is written, it ends soon, and never the process.
struct TemplateLimitTests {
    @Test func `S10 a short template can't make a text without end`() {
        let run = RunVariables(
            id: String(repeating: "x", count: 10_000), registry: "r", date: Date(timeIntervalSince1970: 0))

        #expect(throws: TemplateError.tooLarge(limit: 4 << 20)) {
            try Template.render(String(repeating: "{{.Run.ID}}", count: 1000), with: run)
        }
    }

    /// Doubles a variable again and again.
    private static func grown(_ start: String, _ step: String, _ times: Int = 40, _ end: String = "$a") -> String {
        "{{ $a := \(start) }}" + String(repeating: "{{ $a = \(step) }}", count: times) + "{{ \(end) }}"
    }

    @Test(arguments: [
        "{{ repeat 1000000000 \"abc\" }}", "{{ repeat 9223372036854775807 \"abc\" }}", "{{ until 1000000000 }}",
        "{{ until 9223372036854775807 | len }}", "{{ untilStep -9223372036854775808 9223372036854775807 1 | len }}",
        "{{ seq 1 922337203685477580 }}", "{{ range until 100 }}{{ printf \"%1000000d\" 1 }}{{ end }}",
        "{{ indent 1000000 (repeat 1000 \"\\n\") }}", "{{ nindent 9223372036854775807 \"a\" }}",
        "{{ range until 1000 }}{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}{{ end }}",
        "{{ range 9223372036854775807 }}{{ end }}", "{{ randAlphaNum 1000000000 }}", "{{ uniq (until 5000) | len }}",
        "{{ define \"a\" }}{{ if . }}{{ template \"a\" (rest .) }}{{ template \"a\" (rest .) }}{{ end }}{{ end }}"
            + "{{ template \"a\" (until 30) }}",
        grown("list 1", "list $a $a"), grown("list 1", "list $a $a", 40, "toJson $a"),
        grown("list 1", "list $a $a", 40, "deepEqual $a (deepCopy $a)"), grown("list 1", "concat $a $a"),
        grown("\"x\"", "print $a $a"), grown("\"x\"", "cat $a $a"), grown("\"x\"", "quote $a $a"),
        grown("`\"`", "toJson $a"),
        grown("\"x\"", "replace `x` `xxxxxxxxxx` $a"), grown("\"x\"", "regexReplaceAll `x` $a `xxxxxxxxxx`"),
        "{{ range until 1000 }}{{ regexMatch \"(.{500}){2}\" (repeat 20000 \"a\") }}{{ end }}",
        "{{ regexFindAll \"(((a{10}){10}){10})\" (repeat 20000 \"a\") -1 }}",
        "{{ join (repeat 1000000 \"a\") (until 1000) }}",
    ])
    func `S24 a template that would take too long or too much is stopped`(text: String) {
        let error = #expect(throws: TemplateError.self) { try Template.render(text, with: TemplateTests.run) }
        switch error {
        case .tooLarge, .tooMuchWork: break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test(arguments: [
        ("{{ regexMatch \"(a*)*b\" (repeat 100000 \"a\") }}", "false"),
        ("{{ regexMatch \"(x+x+)+y\" (repeat 10000 \"x\") }}", "false"),
        ("{{ contains (print (repeat 50000 \"a\") \"b\") (repeat 100000 \"a\") }}", "false"),
        ("{{ trunc -9223372036854775808 \"a\" }}{{ abbrev 9223372036854775807 \"abc\" }}", "aabc"),
        ("{{ abbrevboth -9223372036854775808 9 \"abcdefghijkl\" }}", "abcdef..."),
        (
            "{{ splitn \",\" -9223372036854775808 \"a,b\" }}{{ chunk 9223372036854775807 (list 1 2) }}",
            "map[_0:a _1:b][[1 2]]"
        ),
        ("{{ untilStep 0 9223372036854775807 9223372036854775807 }}", "[0]"),
        (
            "{{ date \"2006\" 9223372036854775807 | len | lt 0 }} {{ ago -9223372036854775808 | len | lt 0 }}",
            "true true"
        ),
        ("{{ round 1e308 400 }} {{ int64 -1e300 }} {{ float64 \"1e999\" }}", "NaN -9223372036854775808 0"),
        ("{{ printf \"%*d\" -9223372036854775808 1 }}", "%!(BADWIDTH)1"),
        ("{{ printf \"%[99999999999999999999]d\" 1 }}", "%!d(BADINDEX)"),
        (String(repeating: "{{ if 1 }}", count: 60) + "x" + String(repeating: "{{ end }}", count: 60), "x"),
        ("{{ " + String(repeating: "(", count: 60) + "1" + String(repeating: ")", count: 60) + " }}", "1"),
        ("{{ if 0 }}" + String(repeating: "{{ else if 0 }}", count: 5000) + "{{ else }}x{{ end }}", "x"),
        (
            "{{ define \"a\" }}{{ if . }}{{ first . }}{{ template \"a\" (rest .) }}{{ end }}{{ end }}{{ template \"a\" (until 35) }}",
            (0..<35).map(String.init).joined()
        ),
    ])
    func `S24 what looks dangerous and isn't works`(text: String, expected: String) throws {
        #expect(try Template.render(text, with: TemplateTests.run) == expected)
    }

    @Test(arguments: [
        "{{ " + String(repeating: "(", count: 100_000), String(repeating: "{{ if 1 }}", count: 100_000),
        "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ $m }}",
        "{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ toJson $m }}",
        "{{ $m := dict }}{{ $_ := set $m \"m\" $m }}{{ deepCopy $m }}", "{{ mustFromJson (repeat 100000 \"[\") }}",
        "{{ .Values" + String(repeating: ".a", count: 10_000) + " }}", "{{ slice (list 1 2) -9223372036854775808 1 }}",
        "{{ index \"abc\" 9223372036854775807 }}",
        "{{ $l := list }}{{ range until 60000 }}{{ $l = list $l }}{{ end }}x",
        "{{ $l := list }}{{ range until 60000 }}{{ $l = append (list 1) $l }}{{ end }}x",
        "{{ $l := list }}{{ range until 60000 }}{{ $l = chunk 1 (list $l) }}{{ end }}x",
    ])
    func `S24 too many levels are an error`(text: String) {
        let error = #expect(throws: TemplateError.self) { try Template.render(text, with: TemplateTests.run) }
        switch error {
        case .syntax, .evaluation: break
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test(arguments: [
        "{{ $d := dict }}{{ range until 60000 }}{{ $d = dict \"a\" $d }}{{ end }}x",
        "{{ $d := dict }}{{ $e := $d }}{{ range until 20000 }}{{ $n := dict }}{{ $_ := set $e \"a\" (list $n) }}"
            + "{{ $e = $n }}{{ end }}x",
        "{{ $d := dict }}{{ range until 20000 }}{{ $d = omit (dict \"a\" $d) \"b\" }}{{ end }}x",
        "{{ $d := dict }}{{ range until 20000 }}{{ $d = merge (dict) (dict \"a\" $d) }}{{ end }}x",
        "{{ $l := list }}{{ range until 98 }}{{ $l = list $l }}{{ end }}x",
    ])
    func `S24 maps in maps are freed however many they are`(text: String) async throws {
        #expect(try await onSmallStack { try Template.render(text, with: TemplateTests.run) } == "x")
    }

    @Test func `S24 the deepest template fits the stack of a thread`() async throws {
        // The value of 19 templates in each other is in 58 parentheses.
        let nested = String(repeating: "(print ", count: 58) + "1" + String(repeating: ")", count: 58)
        let text =
            "{{ define \"a\" }}{{ if . }}{{ template \"a\" (rest .) }}{{ else }}{{ \(nested) }}{{ end }}{{ end }}"
            + "{{ template \"a\" (until 18) }}"

        #expect(try await onSmallStack { try Template.render(text, with: TemplateTests.run) } == "1")
    }
}

/// Runs something on a thread with a mebibyte of stack.
private func onSmallStack(_ body: @escaping @Sendable () throws -> String) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.stackSize = 1 << 20
        thread.start()
    }
}
