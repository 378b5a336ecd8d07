import ResourceAPI
import Synchronization
import Testing

@testable import slipway

/// What is written to the terminal.
struct OutputTests {
    private final class Sink: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        func add(_ more: [UInt8]) { bytes.withLock { $0 += more } }

        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private func print(_ parts: [String], isColored: Bool) async -> String {
        let sink = Sink()
        let printer = LogPrinter(isColored: isColored) { sink.add($0) }
        for part in parts { await printer.write(Array(part.utf8)) }
        await printer.finish()
        return sink.text
    }

    @Test(
        arguments: [
            (["a\r\nb\r\n"], "a\nb\n"), (["a\r", "\nb"], "a\nb"), (["a\rb"], "a\rb"), (["a\r", "b"], "a\rb"),
            (["a\r"], "a\r"), (["\r\r\n"], "\r\n"),
            (["a\nb"], "a\nb"), ([], ""), (["", "x", ""], "x"),
        ] as [([String], String)])
    func `CR LF becomes LF, wherever the parts meet, and a lone CR stays`(parts: [String], text: String) async {
        #expect(await print(parts, isColored: true) == text)
    }

    @Test(
        arguments: [
            (["\u{1B}[31mred\u{1B}[0m"], "red"), (["\u{1B}", "[3", "1mred"], "red"),
            (["\u{1B}[2K\u{1B}[1;4mx"], "\u{1B}[2Kx"), (["\u{1B}x"], "\u{1B}x"),
        ] as [([String], String)])
    func `colours are taken out where they are not wanted`(parts: [String], text: String) async {
        #expect(await print(parts, isColored: false) == text)
        #expect(await print(parts, isColored: true) == parts.joined())
    }

    @Test(arguments: [
        (Int64(0), "0.000 Bytes"), (443, "443.000 Bytes"), (1024, "1.000 KiB"), (1536, "1.500 KiB"),
        (5 << 20, "5.000 MiB"), (3 << 40, "3072.000 GiB"),
    ])
    func `sizes are written as the Azure CLI writes them`(bytes: Int64, text: String) {
        #expect(ByteText(bytes).threeDecimals == text)
    }

    @Test func `a table pads its columns and shows control characters as escapes`() {
        let table = TextTable(columns: ["A", "LONG"], rows: [["x\u{1B}[31m", ""], ["y", "Failed"]])

        #expect(
            table.text() == """
                A            LONG
                -----------  ------
                x\\u{1b}[31m
                y            Failed

                """)
        #expect(table.text(isColored: true).contains("\u{1B}[31mFailed\u{1B}[0m"))
    }

    @Test func `json is written as the Azure CLI writes it`() throws {
        let value = JSONDocument.object([
            "b": .list([.integer(1), .number(1.5), .null]), "a": .text("q\"\\\n\u{1B}é"), "c": .flag(true),
            "d": .object([:]), "e": .list([]),
        ])

        #expect(
            value.text() == """
                {
                  "a": "q\\"\\\\\\n\\u001bé",
                  "b": [
                    1,
                    1.5,
                    null
                  ],
                  "c": true,
                  "d": {},
                  "e": []
                }
                """)
        #expect(try WireJSON.decode(JSONDocument.self, from: Array(value.text().utf8)) == value)
    }
}
