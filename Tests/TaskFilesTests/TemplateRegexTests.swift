import TaskFiles
import Testing

/// What they give was checked against Go 1.19.
struct TemplateRegexTests {
    private func render(_ text: String, _ pattern: String, _ subject: String) throws -> String {
        let data = TemplateData(run: TemplateTests.run, values: ["p": .string(pattern), "t": .string(subject)])
        return try Template.render("{{ $p := .Values.p }}{{ $t := .Values.t }}" + text, with: data)
    }

    @Test(arguments: [
        ("a+?", "aaa", "a"), ("(a|ab)(c|bcd)(d*)", "abcd", "abcd"), ("a{2,3}", "aaaa", "aaa"),
        ("a{2,3}?", "aaaa", "aa"),
        ("(?i)abc", "xABC", "ABC"), ("[^a-c]+", "abxyc", "xy"), ("\\d+", "a12", "12"), ("\\bfoo\\b", "food foo", "foo"),
        ("(?m)^b$", "a\nb\nc", "b"), ("(?s)a.b", "a\nb", "a\nb"), ("a.b", "a\nb", ""), ("(a*)*b", "aab", "aab"),
        ("[[:alpha:]]+", "1ab2", "ab"), ("[\\d\\-]+", "x1-2", "1-2"), ("\\p{Lu}+", "aÉB", "ÉB"), ("\\x{e9}", "é", "é"),
        ("\\Qa.b\\E", "axb a.b", "a.b"), ("(?U)a+", "aaa", "a"), ("(?i)\\x{212a}", "k", "k"), ("a??b", "ab", "ab"),
        ("(?:a|b|ab)+c", "xabc", "abc"), ("[]a]+", "b]a", "]a"), ("a{,2}", "a{,2}", "a{,2}"), ("\\z", "a", ""),
        ("x*", "é", ""), ("(|a)+b", "aab", "aab"),
    ])
    func `the first match is that of Go`(pattern: String, text: String, match: String) throws {
        #expect(try render("[{{ regexFind $p $t }}]", pattern, text) == "[\(match)]")
    }

    @Test(arguments: [
        ("{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\" }}", "-W-xxW-"),
        ("{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"$1W\" }}", "---"),
        ("{{ regexReplaceAllLiteral \"a(x*)b\" \"-ab-axxb-\" \"${1}\" }}", "-${1}-${1}-"),
        ("{{ regexReplaceAll \"(?P<n>a)\" \"bab\" \"<${n}$$$>\" }}", "b<a$$>b"),
        ("{{ regexReplaceAll \"x*\" \"axxb\" \"-\" }} {{ regexReplaceAll \"\" \"abc\" \"-\" }}", "-a-b- -a-b-c-"),
        ("{{ regexFindAll \"[0-9]\" \"a1b2c3\" 2 }} {{ regexFindAll \"\" \"ab\" -1 | len }}", "[1 2] 3"),
        (
            "{{ regexSplit \"z+\" \"pizza\" -1 | join \",\" }} {{ regexSplit \"\" \"abc\" -1 }} {{ regexSplit \",\" \",a,\" 2 | toJson }}",
            "pi,a [a b c] [\"\",\"a,\"]"
        ),
        ("{{ regexQuoteMeta \"1.2(3)\" }} {{ mustRegexMatch \"^a.c$\" \"abc\" }}", "1\\.2\\(3\\) true"),
    ])
    func `replacing, finding and splitting are those of Go`(text: String, expected: String) throws {
        #expect(try Template.render(text, with: TemplateTests.run) == expected)
    }

    @Test(arguments: [
        "(", ")", "*a", "a**", "a{2}{3}", "[b-a]", "[a", "\\", "\\1", "\\8", "\\q", "(?=a)", "(?!a)", "(?<=a)", "(?P<a",
        "(?z)",
        "a{1001}", "(a{100}){100}", "x{2,1}", "[[:foo:]]", "\\p{Nope}", "\\x{110000}", "\\C", "[a-\\d]",
        String(repeating: "(", count: 51) + String(repeating: ")", count: 51),
        String(repeating: "[ab]{1000}", count: 11),
    ])
    func `what is no regular expression is an error that says so`(pattern: String) {
        let error = #expect(throws: TemplateError.self) { try render("{{ regexMatch $p $t }}", pattern, "a") }
        guard case .evaluation(_, _, let reason) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(reason.contains("regular expression"))
    }
}
