/// JSON as Go's package encoding/json writes and reads it.
enum GoJSON {
    /// With keys in order and without blanks, unless it indents.
    ///
    /// - Throws: ``TemplateFailure``, also for numbers that JSON has not.
    static func encode(_ value: GoValue, _ work: TemplateWork, escapesHTML: Bool = true, indents: Bool = false) throws
        -> ByteString
    {
        var encoder = Encoder(work: work, escapesHTML: escapesHTML, indents: indents)
        try encoder.write(value, depth: 0)
        return encoder.output
    }

    /// - Throws: ``TemplateFailure``
    static func decode(_ text: ByteString, _ work: TemplateWork) throws -> GoValue {
        var decoder = Decoder(bytes: text.bytes, work: work)
        let value = try decoder.value(depth: 0)
        decoder.skipSpaces()
        guard decoder.isAtEnd else { throw decoder.failure }
        return value
    }

    private struct Encoder {
        let work: TemplateWork
        let escapesHTML: Bool
        let indents: Bool
        var output = ByteString([])

        mutating func write(_ value: GoValue, depth: Int) throws {
            guard depth < GoPrinter.maxDepth else {
                throw TemplateFailure(
                    .evaluation, "a value holds itself, or has more than \(GoPrinter.maxDepth) levels")
            }
            try work.spend(2)
            switch value {
            case .null: output.append("null")
            case .bool(let value): output.append(value ? "true" : "false")
            case .int(let value, let type):
                output.append(type.isUnsigned ? String(UInt(bitPattern: value)) : String(value))
            case .double(let value): try write(value)
            case .string(let text): try write(text)
            case .time(let time):
                try write(GoTimeLayout("2006-01-02T15:04:05.999999999Z07:00").format(time))
            case .version(let version): try write(ByteString(version.description))
            case .list(_, let type, _) where type.isAbsent: output.append("null")
            case .list(let items, _, _):
                try write("[", items.count, "]", depth) { encoder, index in
                    try encoder.write(items[index], depth: depth + 1)
                }
            case .map(let map):
                let entries = map.sorted
                try write("{", entries.count, "}", depth) { encoder, index in
                    try encoder.write(entries[index].key)
                    encoder.output.append(encoder.indents ? ": " : ":")
                    try encoder.write(entries[index].value, depth: depth + 1)
                }
            }
        }

        private mutating func write(
            _ open: String, _ count: Int, _ close: String, _ depth: Int, _ item: (inout Encoder, Int) throws -> Void
        ) throws {
            output.append(open)
            for index in 0..<count {
                if index > 0 { output.append(",") }
                newLine(depth + 1)
                try item(&self, index)
            }
            if count > 0 { newLine(depth) }
            output.append(close)
        }

        private mutating func newLine(_ depth: Int) {
            if indents { output.append("\n" + String(repeating: "  ", count: depth)) }
        }

        private mutating func write(_ number: Double) throws {
            guard number.isFinite else { throw TemplateFailure(.evaluation, "JSON has no number \(number)") }
            var text = GoNumber.shortest(number, exponentFrom: 21, upTo: -7)
            // e-09 is e-9.
            if text.dropLast(2).hasSuffix("e-"), text.dropLast().last == "0" {
                text.remove(at: text.index(text.endIndex, offsetBy: -2))
            }
            output.append(text)
        }

        private mutating func write(_ text: ByteString) throws {
            try work.spend(bytes: output.count + text.count, times: text.count > 1 << 12 ? 1 : 0)
            try work.spend(text.count / 4)
            output.append("\"")
            var place = 0
            while place < text.count {
                let (rune, width) = text.rune(at: place)
                place += width
                switch rune {
                case 0x22, 0x5c: output.bytes += [0x5c, UInt8(rune)]
                case 0x0a: output.append("\\n")
                case 0x0d: output.append("\\r")
                case 0x09: output.append("\\t")
                case ByteString.replacement where width == 1: output.append("\\ufffd")
                case 0x2028, 0x2029: output.append("\\u" + String(rune, radix: 16))
                case ..<0x20: escape(rune)
                case 0x3c, 0x3e, 0x26: if escapesHTML { escape(rune) } else { output.append(rune: rune) }
                default: output.append(rune: rune)
                }
            }
            output.append("\"")
        }

        private mutating func escape(_ rune: UInt32) {
            output.append("\\u00" + (rune < 16 ? "0" : "") + String(rune, radix: 16))
        }
    }

    private struct Decoder {
        let bytes: [UInt8]
        let work: TemplateWork
        private var place = 0

        init(bytes: [UInt8], work: TemplateWork) {
            self.bytes = bytes
            self.work = work
        }

        var isAtEnd: Bool { place >= bytes.count }
        var failure: TemplateFailure { TemplateFailure(.evaluation, "at byte \(place + 1) it is no JSON") }

        mutating func skipSpaces() {
            while place < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[place]) { place += 1 }
        }

        private mutating func accept(_ text: StaticString) -> Bool {
            let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            guard bytes[min(place, bytes.count)...].starts(with: wanted) else { return false }
            place += wanted.count
            return true
        }

        mutating func value(depth: Int) throws -> GoValue {
            guard depth < GoPrinter.maxDepth else {
                throw TemplateFailure(.evaluation, "the JSON has more than \(GoPrinter.maxDepth) levels")
            }
            try work.spend(4)
            skipSpaces()
            guard place < bytes.count else { throw failure }
            switch bytes[place] {
            case UInt8(ascii: "{"): return try map(depth)
            case UInt8(ascii: "["): return try list(depth)
            case UInt8(ascii: "\""): return .string(try string())
            default: break
            }
            if accept("null") { return .null }
            if accept("true") { return .bool(true) }
            if accept("false") { return .bool(false) }
            return .double(try number())
        }

        private mutating func map(_ depth: Int) throws -> GoValue {
            place += 1
            let map = GoMap([:], work)
            skipSpaces()
            if accept("}") { return .map(map) }
            while true {
                skipSpaces()
                guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw failure }
                let key = try string()
                skipSpaces()
                guard accept(":") else { throw failure }
                map.entries[key] = try value(depth: depth + 1)
                skipSpaces()
                if accept("}") { return .map(map) }
                guard accept(",") else { throw failure }
            }
        }

        private mutating func list(_ depth: Int) throws -> GoValue {
            place += 1
            var items: [GoValue] = []
            skipSpaces()
            if accept("]") { return .list(items) }
            while true {
                items.append(try value(depth: depth + 1))
                skipSpaces()
                if accept("]") { return .list(items) }
                guard accept(",") else { throw failure }
            }
        }

        private mutating func number() throws -> Double {
            let start = place
            _ = accept("-")
            if !accept("0") { try digits() }
            if accept(".") { try digits() }
            if accept("e") || accept("E") {
                _ = accept("+") || accept("-")
                try digits()
            }
            guard let number = GoNumber.double(ByteString(bytes[start..<place])) else { throw failure }
            return number
        }

        private mutating func digits() throws {
            let start = place
            while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
            guard place > start else { throw failure }
        }

        private mutating func string() throws -> ByteString {
            place += 1
            var result = ByteString([])
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                switch byte {
                case UInt8(ascii: "\""): return result.mapRunes { $0 }
                case UInt8(ascii: "\\"): try escape(into: &result)
                case ..<0x20: throw failure
                default: result.bytes.append(byte)
                }
            }
            throw failure
        }

        private mutating func escape(into result: inout ByteString) throws {
            guard place < bytes.count else { throw failure }
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.bytes.append(byte)
            case UInt8(ascii: "b"): result.bytes.append(0x08)
            case UInt8(ascii: "f"): result.bytes.append(0x0c)
            case UInt8(ascii: "n"): result.bytes.append(0x0a)
            case UInt8(ascii: "r"): result.bytes.append(0x0d)
            case UInt8(ascii: "t"): result.bytes.append(0x09)
            case UInt8(ascii: "u"):
                let first = try codeUnit()
                // Two halves make one character; a half by itself is none.
                if (0xd800..<0xdc00).contains(first), accept("\\u") {
                    let second = try codeUnit()
                    if (0xdc00..<0xe000).contains(second) {
                        result.append(rune: 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
                    } else {
                        result.append(rune: ByteString.replacement)
                        result.append(rune: second)
                    }
                } else {
                    result.append(rune: first)
                }
            default: throw failure
            }
        }

        private mutating func codeUnit() throws -> UInt32 {
            let digits = bytes[place..<min(place + 4, bytes.count)]
            guard digits.count == 4, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
                let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw failure }
            place += 4
            return unit
        }
    }
}
