import Testing

@testable import TaskFiles

/// What they give was checked against Go 1.19 and Sprig 3.2.3.
struct TemplateFunctionTests {
    private func check(_ text: String, _ expected: String) throws {
        #expect(try Template.render(text + ".", with: TemplateTests.data) == expected + ".")
    }

    @Test(arguments: [
        (
            "{{ trunc -3 \"abcdef\" }} {{ trunc -9 \"abc\" }} {{ trunc 2 \"abc\" }} {{ trunc 9 \"abc\" }}",
            "def abc ab abc"
        ),
        (
            "{{ substr 0 2 \"abc\" }} {{ substr 1 -1 \"abc\" }} {{ substr -1 2 \"abc\" }} {{ substr 1 9 \"abc\" }}",
            "ab bc ab bc"
        ),
        (
            "{{ title \"hello wOrld-foo_bar é1a\" }} {{ untitle \"Hello World\" }} {{ swapcase \"Hello wOrld\" }}",
            "Hello WOrld-Foo_bar É1a hello world hELLO WoRLD"
        ),
        (
            "{{ snakecase \"HTTPServer\" }} {{ snakecase \"http2xx\" }} {{ snakecase \"Bld4Floor3rd\" }} {{ kebabcase \"FirstName\" }}",
            "http_server http_2xx bld4_floor_3rd first-name"
        ),
        (
            "{{ camelcase \"http_server\" }} {{ camelcase \"_complex__case_\" }} {{ initials \"John doe\" }}",
            "HttpServer _Complex_Case_ Jd"
        ),
        ("{{ abbrev 5 \"hello world\" }} {{ abbrevboth 5 10 \"1234 5678 9123\" }}", "he... ...5678..."),
        (
            "{{ wrap 5 \"aaa bbb ccc ddddddddd ee\" }}|{{ wrapWith 4 \"#\" \"aaa bbb ddddddddd\" }}",
            "aaa\nbbb\nccc\nddddddddd\nee|aaa#bbb#dddd#dddd#d"
        ),
        ("{{ indent 2 \"a\\nb\" }}|{{ nindent 1 \"a\" }}", "  a\n  b|\n a"),
        (
            "{{ quote \"a\\\"b\\n\\x01é\" 1 nil }} {{ squote \"a\" 1 nil }} {{ cat \"a\" nil 2 }}",
            "\"a\\\"b\\n\\x01é\" \"1\" 'a' '1' a 2"
        ),
        (
            "{{ trimAll \"$x\" \"$xa$\" }} {{ trimSuffix \"b\" \"ab\" }} {{ trimPrefix \"a\" \"ab\" }} {{ nospace \"a b\" }}",
            "a a b ab"
        ),
        (
            "{{ split \",\" \"a,b,c\" }} {{ (split \",\" \"a,b\")._1 }} {{ splitn \",\" 2 \"a,b,c\" }} {{ splitList \"\" \"aéb\" }}",
            "map[_0:a _1:b _2:c] b map[_0:a _1:b,c] [a é b]"
        ),
        (
            "{{ join \",\" (list 1 \"b\" nil 2.5 true) }} {{ join \",\" \"x\" }} {{ plural \"one\" \"many\" 2 }}",
            "1,b,2.5,true x many"
        ),
        (
            "{{ upper \"straße ß\" }} {{ lower \"ÀB\" }} {{ repeat 3 \"ab\" }} {{ replace \"a\" \"bb\" \"aca\" }}",
            "STRAßE ß àb ababab bbcbb"
        ),
        (
            "{{ \"é\" | trunc 1 | b64enc }} {{ \"/w==\" | b64dec | b64enc }} {{ \"/w==\" | b64dec | quote }}",
            "ww== /w== \"\\xff\""
        ),
    ]) func `texts`(text: String, expected: String) throws { try check(text, expected) }

    @Test(arguments: [
        (
            "{{ add 1 2 \"3\" 4.9 true \"x\" nil }} {{ sub 5 \"3\" }} {{ mul 2 3 4 }} {{ div -7 2 }} {{ mod -7 3 }} {{ add1 \"9\" }}",
            "11 2 24 -3 -1 10"
        ),
        (
            "{{ int \"010\" }} {{ int \"0x1F\" }} {{ int \"12.0\" }} {{ int \"12.5\" }} {{ int -3.99 }} {{ int \"1_0\" }} {{ int \"1__0\" }}",
            "8 31 12 0 -3 10 0"
        ),
        (
            "{{ add 9223372036854775807 1 }} {{ div -9223372036854775808 -1 }} {{ mod -9223372036854775808 -1 }}",
            "-9223372036854775808 -9223372036854775808 0"
        ),
        (
            "{{ int 1e300 }} {{ int64 \"9223372036854775808\" }} {{ atoi \"012\" }} {{ toDecimal 777 }}",
            "-9223372036854775808 0 12 511"
        ),
        (
            "{{ max 1 \"5\" 3 }} {{ min 4 \"2\" 3 }} {{ maxf 1.5 2 }} {{ ceil 1.2 }} {{ floor -1.2 }} {{ round 3.14159 2 }} {{ round -2.5 0 }}",
            "5 2 2 2 -2 3.14 -3"
        ),
        (
            "{{ until 3 }} {{ until -2 }} {{ untilStep 0 10 3 }} {{ untilStep 10 0 1 }} {{ seq 0 2 6 }} {{ seq 2 -1 }}",
            "[0 1 2] [0 -1] [0 3 6 9] [] 0 2 4 6 2 1 0 -1"
        ),
        ("{{ float64 \"1e3\" }} {{ float64 \".5\" }} {{ float64 \"-Inf\" }} {{ float64 \"x\" }}", "1000 0.5 -Inf 0"),
    ]) func `numbers`(text: String, expected: String) throws { try check(text, expected) }

    @Test(arguments: [
        (
            "{{ append (list 1) 2 }} {{ prepend (list 1) 2 }} {{ rest (list 1 2 3) }} {{ initial (list 1 2 3) }} {{ last (list 1 2) }}",
            "[1 2] [2 1] [2 3] [1 2] 2"
        ),
        (
            "{{ uniq (list 1 1 \"1\" 2.0 2) }} {{ without (list 1 2 3) 2 }} {{ has 2 (list 1 2) }} {{ has \"2\" (list 1 2) }}",
            "[1 1 2 2] [1 3] true false"
        ),
        (
            "{{ compact (list 0 \"\" nil 1) }} {{ sortAlpha (list \"b\" 10 9) }} {{ reverse (list 1 2) }} {{ chunk 2 (until 5) }}",
            "[1] [10 9 b] [2 1] [[0 1] [2 3] [4]]"
        ),
        (
            "{{ slice (list 1 2 3 4) 1 3 }} {{ slice \"abcd\" 1 3 }} {{ concat (list 1) (list 2) }} {{ rest (list) | toJson }}",
            "[2 3] bc [1 2] null"
        ),
        (
            "{{ dict 1 2 \"a\" }} {{ get (dict \"a\" 1) \"z\" }} {{ pick (dict \"a\" 1 \"b\" 2) \"a\" }} {{ omit (dict \"a\" 1 \"b\" 2) \"a\" }}",
            "map[1:2 a:]  map[a:1] map[b:2]"
        ),
        (
            "{{ keys (dict \"b\" 1 \"a\" 2) }} {{ values (dict \"b\" 1 \"a\" 2) }} {{ pluck \"a\" (dict \"a\" 1) (dict \"a\" 3) }} {{ hasKey (dict) \"a\" }}",
            "[a b] [2 1] [1 3] false"
        ),
        (
            "{{ merge (dict \"a\" 1 \"n\" (dict \"x\" 1)) (dict \"a\" 2 \"b\" 3 \"n\" (dict \"x\" 2 \"y\" 3)) }}",
            "map[a:1 b:3 n:map[x:1 y:3]]"
        ),
        (
            "{{ mergeOverwrite (dict \"a\" 1 \"n\" (dict \"x\" 1)) (dict \"a\" 2 \"n\" (dict \"y\" 3)) }}",
            "map[a:2 n:map[x:1 y:3]]"
        ),
        (
            "{{ dig \"a\" \"b\" \"d\" (dict \"a\" (dict \"b\" 5)) }} {{ dig \"a\" \"z\" \"d\" (dict \"a\" (dict)) }}",
            "5 d"
        ),
        (
            "{{ default \"d\" 0 }} {{ default \"d\" \"x\" }} {{ coalesce 0 \"\" \"x\" }} {{ empty \"0\" }} {{ true | ternary \"a\" \"b\" }}",
            "d x x false a"
        ),
        (
            "{{ typeOf (add 1 2) }} {{ typeOf (list) }} {{ kindOf (dict) }} {{ kindOf nil }} {{ typeOf (index \"a\" 0) }}",
            "int64 []interface {} map invalid uint8"
        ),
        ("{{ deepEqual (list 1 (dict \"a\" 2)) (list 1 (dict \"a\" 2)) }} {{ deepEqual 1 (int64 1) }}", "true false"),
    ]) func `lists, maps and defaults`(text: String, expected: String) throws { try check(text, expected) }

    @Test(arguments: [
        (
            "{{ eq 1 2 1 }} {{ ne 1 2 }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt \"b\" \"a\" }} {{ ge 1.5 1.5 }} {{ eq .Values.none nil }}",
            "true true true true true true true"
        ),
        (
            "{{ and 1 0 2 }} {{ or 0 \"x\" }} {{ and false (div 1 0) }} {{ or 1 (div 1 0) }} {{ not 0 }} {{ 5 | or 0 }}",
            "0 x false 1 true 5"
        ),
        (
            "{{ len \"héé\" }} {{ index .Values.l 2 }} {{ index .Values \"m\" \"deep\" \"x\" }} {{ index \"abc\" 1 }}",
            "5 3 y 98"
        ),
        ("{{ print \"a\" 1 2 \"b\" \"c\" 3.5 nil }} {{ println \"a\" 1 }}", "a1 2bc3.5 <nil> a 1\n"),
        (
            "{{ html \"<'&\\\"\" }} {{ js \"it's <b>\\n\" }} {{ urlquery \"a b&é~\" }}",
            "&lt;&#39;&amp;&#34; it\\'s \\u003Cb\\u003E\\u000A a+b%26%C3%A9~"
        ),
        (
            "{{ printf \"%5d|%-5d|%05d|%+d|%x|%#x|%o|%b|%c|%q|%U\" 42 42 42 42 255 255 8 5 65 65 65 }}",
            "   42|42   |00042|+42|ff|0xff|10|101|A|'A'|U+0041"
        ),
        (
            "{{ printf \"%10s|%-4s|%.2s|%q|% x\" \"hi\" \"hi\" \"héllo\" \"a\\\"b\" \"hi\" }}",
            "        hi|hi  |hé|\"a\\\"b\"|68 69"
        ),
        (
            "{{ printf \"%.2f|%08.3f|%e|%g|%G|%.3g\" 3.14159 -3.14159 1234.5678 1e21 1e-7 1234.5678 }}",
            "3.14|-003.142|1.234568e+03|1e+21|1E-07|1.23e+03"
        ),
        (
            "{{ printf \"%d\" \"x\" }} {{ printf \"%d\" }} {{ printf \"x\" 1 }} {{ printf \"%\" }} {{ printf \"%[2]d %[1]d\" 1 2 }} {{ printf \"%*d\" 4 1 }}",
            "%!d(string=x) %!d(MISSING) x%!(EXTRA int=1) %!(NOVERB) 2 1    1"
        ),
        ("{{ printf \"%v %d %q\" (list 1 \"a\" nil) (list 1 2) (list \"a\") }}", "[1 a <nil>] [1 2] [\"a\"]"),
    ]) func `functions of Go`(text: String, expected: String) throws { try check(text, expected) }

    @Test(arguments: [
        (
            "{{ b64enc \"hi\" }} {{ b64dec \"aGk=\" }} {{ b32enc \"hello\" }} {{ b32dec \"NBSWY3DP\" }} {{ adler32sum \"hello\" }}",
            "aGk= hi NBSWY3DP hello 103547413"
        ),
        (
            "{{ sha1sum \"a\" }} {{ sha256sum \"a\" | trunc 16 }}",
            "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8 ca978112ca1bbdca"
        ),
        (
            "{{ toJson (dict \"b\" (list 1 2.5 \"x<&>\\u2028\\n\" nil true) \"a\" (dict)) }} {{ toRawJson \"<&>\" }}",
            "{\"a\":{},\"b\":[1,2.5,\"x\\u003c\\u0026\\u003e\\u2028\\n\",null,true]} \"<&>\""
        ),
        ("{{ toPrettyJson (dict \"b\" (list 1) \"a\" (list)) }}", "{\n  \"a\": [],\n  \"b\": [\n    1\n  ]\n}"),
        ("{{ toJson 1e21 }} {{ toJson 1e-7 }} {{ toJson 1e20 }}", "1e+21 1e-7 100000000000000000000"),
        ("{{ (fromJson \"{\\\"a\\\":[1,\\\"\\\\ud83d\\\\ude00\\\"]}\").a }} [{{ fromJson \"bad\" }}]", "[1 😀] []"),
        (
            "{{ base \"/a/b.txt\" }} {{ dir \"/a/b.txt\" }} {{ ext \"/a/b.txt\" }} {{ clean \"/a/../b//c/.\" }} {{ isAbs \"a\" }}",
            "b.txt /a .txt /b/c false"
        ),
        (
            "{{ date \"Mon Jan _2 15:04:05.000 MST 2006\" 1709622489 }} {{ htmlDate 0 }} {{ date \"3:04PM 002\" 1709622489 }}",
            "Tue Mar  5 07:08:09.000 UTC 2024 1970-01-01 7:08AM 065"
        ),
        ("{{ dateInZone \"2006-01-02T15:04:05Z07:00\" 1709622489 \"America/New_York\" }}", "2024-03-05T02:08:09-05:00"),
        (
            "{{ toDate \"2006-01-02\" \"2020-02-29\" | dateModify \"-24h\" | htmlDate }} {{ toDate \"2006\" \"x\" | unixEpoch }}",
            "2020-02-28 -62135596800"
        ),
        ("{{ toDate \"Jan _2 06 3:04PM -0700\" \"feb  9 71 12:30AM -0130\" }}", "1971-02-09 00:30:00 -0130 -0130"),
        (
            "{{ duration \"95\" }} {{ duration (int64 3661) }} {{ durationRound \"2400h10m5s\" }} {{ durationRound \"90s\" }}",
            "1m35s 1h1m1s 3mo 1m"
        ),
        ("{{ uuidv4 | len }} {{ randAlphaNum 5 | len }} {{ randNumeric 3 | regexMatch \"^[0-9]{3}$\" }}", "36 5 true"),
        ("{{ now | date \"2006\" | regexMatch \"^20[0-9][0-9]$\" }}", "true"),
    ]) func `encodings and dates`(text: String, expected: String) throws { try check(text, expected) }

    @Test(arguments: [
        ("^1.2.3", "1.9.0", true), ("^1.2.3", "2.0.0", false), ("^0.2.3", "0.3.0", false), ("^0.0.3", "0.0.4", false),
        ("~1.2", "1.2.9", true), ("~1.2.3", "1.3.0", false), ("~1", "1.9.0", true), ("1.2.x", "1.2.7", true),
        ("*", "1.2.3-a", false),
        (">=1.2, <2", "1.5.0", true), (">=1 <2 || 3.x", "3.1.0", true), ("1.2 - 2", "2.0.0", true),
        ("!=1.2", "1.2.5", false),
        (">1", "1.9.0", false), (">1.2", "1.3.0", true), ("<=1", "1.9.0", true), ("=v1.2.3", "1.2.3+b", true),
        (">=1.2.3-0", "1.2.3-beta", true), (">=1.2.3", "1.2.4-beta", false), ("^1.2.3-beta", "1.2.3-beta.2", true),
    ])
    func `a version is in a range or not`(constraint: String, version: String, holds: Bool) throws {
        try check("{{ semverCompare \"\(constraint)\" \"\(version)\" }}", "\(holds)")
    }

    @Test func `a version has parts`() throws {
        try check(
            "{{ $v := semver \"v1.2.3-rc.1+b\" }}{{ $v }} {{ $v.Major }} {{ $v.Patch }} {{ $v.Prerelease }} {{ $v.Original }}",
            "1.2.3-rc.1+b 1 3 rc.1 v1.2.3-rc.1+b")
    }

    @Test func `every function works or is refused by name`() {
        let known = Set(TemplateFunctions.table.keys)
        #expect(known.isDisjoint(with: TemplateFunctions.refused))
        // Of Go, and of Sprig 2.22.
        let names = """
            and call html index slice js len not or print printf println urlquery eq ge gt le lt ne
            date date_in_zone date_modify now htmlDate htmlDateInZone dateInZone dateModify ago toDate unixEpoch duration
            abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall trimAll trimSuffix trimPrefix
            nospace initials randAlphaNum randAlpha randAscii randNumeric swapcase shuffle snakecase camelcase kebabcase
            wrap wrapWith contains hasPrefix hasSuffix quote squote cat indent nindent replace plural sha1sum sha256sum
            adler32sum toString atoi int64 int float64 toDecimal split splitList splitn toStrings until untilStep add1 add
            sub div mod mul max min biggest ceil floor round join sortAlpha default empty coalesce compact deepEqual ternary
            toJson toPrettyJson typeOf typeIs typeIsLike kindOf kindIs base dir clean ext isAbs b64enc b64dec b32enc b32dec
            tuple list dict set unset hasKey pluck keys pick omit merge mergeOverwrite values deepCopy append push prepend
            first rest last initial reverse uniq without has genPrivateKey derivePassword buildCustomCert genCA
            genSelfSignedCert genSignedCert encryptAES decryptAES uuidv4 semver semverCompare fail regexMatch regexFindAll
            regexFind regexReplaceAll regexReplaceAllLiteral regexSplit urlParse urlJoin hello
            """.split { $0.isWhitespace }.map(String.init)
        for name in names { #expect(known.contains(name) != TemplateFunctions.refused.contains(name), "\(name)") }
        for name in known.union(TemplateFunctions.refused) {
            for arguments in ["", " 1", " \"a\" \"b\"", " (list) 1 2", " nil nil nil", " (dict) \"a\" 3 4"] {
                // Each comes to a text or an error of its own.
                do throws(TemplateError) {
                    _ = try Template.render("{{ \(name)\(arguments) }}.", with: TemplateTests.run)
                    #expect(known.contains(name), "\(name)")
                } catch {
                    switch error {
                    case .unsupported(_, _, let what): #expect(what == "the function '\(name)'")
                    case .evaluation: #expect(known.contains(name), "\(name)")
                    default: Issue.record("\(name)\(arguments): \(error)")
                    }
                }
            }
        }
    }
}
