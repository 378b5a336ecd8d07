import Foundation
import Testing

@testable import BuildAgent

struct SecretMaskerTests {
    private static let secret = "pa&ss/w\"rd-0123456789"

    private func masked(_ pieces: [[UInt8]], secrets: [String] = [secret]) -> String {
        var masker = SecretMasker(secrets: secrets)
        var result: [UInt8] = []
        for piece in pieces { result += masker.mask(piece) }
        return String(decoding: result + masker.finish(), as: UTF8.self)
    }

    @Test func `G6 a secret is masked wherever the pieces are cut`() {
        let text = Array("before \(Self.secret) after".utf8)

        for cut in 0...text.count {
            #expect(masked([Array(text[..<cut]), Array(text[cut...])]) == "before *** after")
        }
        #expect(masked(text.map { [$0] }) == "before *** after")
    }

    @Test func `a secret that comes later is masked from then on, and does not let go of what was held back`() {
        var masker = SecretMasker(secrets: ["first-secret"])

        var result = masker.mask(Array("first-sec".utf8))
        masker.add(["second-secret"])
        result += masker.mask(Array("ret second-secret".utf8)) + masker.finish()

        #expect(String(decoding: result, as: UTF8.self) == "*** ***")
        #expect(masker.masked("first-secret, second-secret") == "***, ***")
    }

    @Test(arguments: 0..<3)
    func `G6 base64 is masked in each alignment`(offset: Int) {
        let wrapped = Data([UInt8](repeating: 0x41, count: offset) + Array(Self.secret.utf8) + Array("xyz".utf8))
            .base64EncodedString()

        let result = masked([Array(wrapped.utf8)])

        #expect(result.contains("***"))
        #expect(!Self.longestCommon(result, Data(Self.secret.utf8).base64EncodedString()))
    }

    private static func longestCommon(_ text: String, _ base64: String) -> Bool {
        text.contains(base64.prefix(12))
    }

    @Test(arguments: [
        "pa%26ss%2Fw%22rd-0123456789", #"pa&ss/w\"rd-0123456789"#, #"pa&ss\/w\"rd-0123456789"#,
        "pa&amp;ss/w\"rd-0123456789",
        "pa&amp;ss/w&quot;rd-0123456789",
    ])
    func `G6 escaped forms are masked`(form: String) {
        #expect(masked([Array("<\(form)>".utf8)]) == "<***>")
    }

    @Test func `G6 each line of a secret with several lines is masked`() {
        let result = masked([Array("x second-line y".utf8)], secrets: ["first-line\nsecond-line\n"])

        #expect(result == "x *** y")
    }

    @Test func `of two secrets that begin alike the longer one is masked whole`() {
        for cut in 0...12 {
            let text = Array("abcdefgh1234".utf8)
            #expect(masked([Array(text[..<cut]), Array(text[cut...])], secrets: ["abcd", "abcdefgh"]) == "***1234")
        }
    }

    @Test func `values under four bytes are left alone`() {
        #expect(masked([Array("abc".utf8)], secrets: ["abc", ""]) == "abc")
    }

    @Test func `a secret of thousands of lines is masked, each line of it too`() {
        let lines = (0..<5_000).map { "line-\($0)-of-a-certificate" }
        let output = lines.reversed().map { "> \($0)\n" }.joined()

        let result = masked([Array(output.utf8)], secrets: [lines.joined(separator: "\n")])

        #expect(!result.contains("certificate"))
        #expect(result.count { $0 == "*" } == 15_000)
    }

    @Test func `a secret that begins like another is masked whole`() {
        #expect(masked([Array("abcdef abcdefgh abcd".utf8)], secrets: ["abcdef", "abcdefgh"]) == "*** *** abcd")
        #expect(masked([Array("abcdefg".utf8), Array("x".utf8)], secrets: ["abcdef", "abcdefgh"]) == "***gx")
    }
}
