/// `printf`, as Go's package fmt has it.
struct GoFormat {
    private struct Flags {
        var minus = false
        var plus = false
        var sharp = false
        var space = false
        var zero = false
        var width: Int?
        var precision: Int?
    }

    private let work: TemplateWork
    private let arguments: [GoValue]
    private var output = ByteString([])

    /// The most of a width or a precision.
    private static let maxNumber = 1_000_000

    static func format(_ format: ByteString, _ arguments: [GoValue], _ work: TemplateWork) throws -> ByteString {
        var formatter = GoFormat(work: work, arguments: arguments)
        try formatter.run(format)
        return formatter.output
    }

    private init(work: TemplateWork, arguments: [GoValue]) {
        self.work = work
        self.arguments = arguments
    }

    private mutating func run(_ format: ByteString) throws {
        var reader = Reader(format: format, count: arguments.count)
        while !reader.isAtEnd {
            let literal = reader.literal()
            output.append(literal)
            guard !reader.isAtEnd else { break }
            try work.spend(10)
            try directive(&reader)
            try work.spend(bytes: output.count, times: output.count > 1 << 20 ? 1 : 0)
        }
        guard !reader.wasReordered, reader.next < arguments.count else { return }
        output.append("%!(EXTRA ")
        for (index, value) in arguments[reader.next...].enumerated() {
            if index > 0 { output.append(", ") }
            try appendTyped(value)
        }
        output.append(")")
    }

    private mutating func directive(_ reader: inout Reader) throws {
        var flags = Flags()
        reader.skipPercent()
        flagging: while let byte = reader.peek {
            switch byte {
            case UInt8(ascii: "-"): flags.minus = true
            case UInt8(ascii: "+"): flags.plus = true
            case UInt8(ascii: "#"): flags.sharp = true
            case UInt8(ascii: " "): flags.space = true
            case UInt8(ascii: "0"): flags.zero = true
            default: break flagging
            }
            reader.skip()
        }
        reader.readIndex()
        if reader.accept(UInt8(ascii: "*")) {
            let width = star(&reader)
            if width == nil { output.append("%!(BADWIDTH)") }
            flags.width = width.map { abs($0) }
            if let width, width < 0 { flags.minus = true }
        } else {
            let isIndexed = reader.isIndexed
            flags.width = reader.number(max: Self.maxNumber)
            if flags.width != nil, isIndexed { reader.isGood = false }
        }
        if reader.accept(UInt8(ascii: ".")) {
            if reader.isIndexed { reader.isGood = false }
            reader.readIndex()
            if reader.accept(UInt8(ascii: "*")) {
                let precision = star(&reader).flatMap { $0 < 0 ? nil : $0 }
                if precision == nil { output.append("%!(BADPREC)") }
                flags.precision = precision
            } else {
                flags.precision = reader.number(max: Self.maxNumber) ?? 0
            }
        }
        if !reader.isIndexed { reader.readIndex() }
        guard let verb = reader.verb() else { output.append("%!(NOVERB)"); return }
        if verb == UInt32(UInt8(ascii: "%")) { output.append("%"); return }
        guard reader.isGood else { bad(verb, "(BADINDEX)"); return }
        guard reader.next < arguments.count else { bad(verb, "(MISSING)"); return }
        let value = arguments[reader.next]
        reader.next += 1
        if flags.minus { flags.zero = false }
        // The longest it can get, before it is made.
        try work.spend(bytes: output.count + max(flags.width ?? 0, flags.precision ?? 0), times: 1)
        try append(value, verb, flags, depth: 0)
    }

    private mutating func star(_ reader: inout Reader) -> Int? {
        defer { reader.isIndexed = false }
        guard reader.isGood, reader.next < arguments.count else { return nil }
        let value = arguments[reader.next]
        reader.next += 1
        guard case .int(let number, _) = value, abs(Double(number)) <= Double(Self.maxNumber) else { return nil }
        return number
    }

    private mutating func bad(_ verb: UInt32, _ reason: String) {
        output.append("%!")
        output.append(rune: verb)
        output.append(reason)
    }

    private mutating func appendTyped(_ value: GoValue) throws {
        if value.isNull { output.append("<nil>"); return }
        output.append(value.typeName + "=")
        output.append(try GoPrinter.printed(value, work))
    }

    private mutating func badVerb(_ verb: UInt32, _ value: GoValue) throws {
        output.append("%!")
        output.append(rune: verb)
        output.append("(")
        try appendTyped(value)
        output.append(")")
    }

    private mutating func append(_ value: GoValue, _ verb: UInt32, _ flags: Flags, depth: Int) throws {
        guard depth < GoPrinter.maxDepth else {
            throw TemplateFailure(.evaluation, "a value holds itself, or has more than \(GoPrinter.maxDepth) levels")
        }
        try work.spend(4)
        let letter = Unicode.Scalar(verb).map(Character.init) ?? "!"
        if letter == "T" { pad(ByteString(value.typeName), flags); return }
        if letter == "v", flags.sharp {
            throw TemplateFailure(.unsupported, "'%#v' of printf")
        }
        switch value {
        case .null:
            if letter == "v" { pad("<nil>", flags) } else { bad(verb, "(<nil>)") }
        case .bool(let flag):
            if letter == "v" || letter == "t" {
                pad(ByteString(flag ? "true" : "false"), flags)
            } else {
                try badVerb(verb, value)
            }
        case .int(let number, let type): try append(number, type, letter, flags, verb)
        case .double(let number): try append(number, letter, flags, verb)
        case .string(let text): try append(text, letter, flags, verb)
        case .time(let time): try append(ByteString(time.description), letter, flags, verb)
        case .version(let version): try append(ByteString(version.description), letter, flags, verb)
        case .list(let items, _, _):
            output.append("[")
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(" ") }
                try append(item, verb, flags, depth: depth + 1)
            }
            output.append("]")
        case .map(let map):
            output.append("map[")
            for (index, entry) in map.sorted.enumerated() {
                if index > 0 { output.append(" ") }
                try append(.string(entry.key), verb, flags, depth: depth + 1)
                output.append(":")
                try append(entry.value, verb, flags, depth: depth + 1)
            }
            output.append("]")
        }
    }

    private mutating func append(_ text: ByteString, _ verb: Character, _ flags: Flags, _ raw: UInt32) throws {
        try work.spend(text.count / 4)
        var cut = text
        if let precision = flags.precision, verb != "x", verb != "X" {
            var (place, left) = (0, precision)
            while place < text.count, left > 0 {
                place += text.rune(at: place).width
                left -= 1
            }
            cut = ByteString(text.bytes[..<place])
        }
        switch verb {
        case "v", "s": pad(cut, flags)
        case "q":
            if flags.sharp, !cut.bytes.contains(where: { $0 == 0x60 || ($0 < 0x20 && $0 != 0x09) || $0 == 0x7f }) {
                pad("`" + cut + "`", flags)
            } else {
                pad(GoQuote.quoted(cut, ascii: flags.plus), flags)
            }
        case "x", "X":
            let bytes = flags.precision.map { text.bytes.prefix($0) } ?? text.bytes[...]
            let digits = Array((verb == "x" ? "0123456789abcdef" : "0123456789ABCDEF").utf8)
            var result = ByteString([])
            for (index, byte) in bytes.enumerated() {
                if flags.space, index > 0 { result.append(" ") }
                if flags.sharp, flags.space || index == 0 { result.append("0" + String(verb)) }
                result.bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
            pad(result, flags)
        default: try badVerb(raw, .string(text))
        }
    }

    private mutating func append(
        _ number: Int, _ type: GoIntType, _ verb: Character, _ flags: Flags, _ raw: UInt32
    ) throws {
        let bits = UInt(bitPattern: number)
        switch verb {
        case "v", "d": appendInteger(number, type, 10, flags)
        case "b": appendInteger(number, type, 2, flags, prefix: flags.sharp ? "0b" : "")
        case "o": appendInteger(number, type, 8, flags, prefix: flags.sharp ? "0" : "")
        case "O": appendInteger(number, type, 8, flags, prefix: "0o")
        case "x": appendInteger(number, type, 16, flags, prefix: flags.sharp ? "0x" : "")
        case "X": appendInteger(number, type, 16, flags, prefix: flags.sharp ? "0X" : "", uppercase: true)
        case "c":
            var text = ByteString([])
            text.append(rune: UInt32(exactly: bits) ?? ByteString.replacement)
            pad(text, flags)
        case "q":
            pad(GoQuote.quoted(rune: UInt32(exactly: bits) ?? ByteString.replacement, ascii: flags.plus), flags)
        case "U":
            let digits = String(bits, radix: 16, uppercase: true)
            let least = max(4, flags.precision ?? 4)
            var text = ByteString("U+" + String(repeating: "0", count: max(0, least - digits.count)) + digits)
            if flags.sharp, let rune = UInt32(exactly: bits), Unicode.Scalar(rune) != nil, Runes.isPrintable(rune) {
                text.append(" '")
                text.append(rune: rune)
                text.append("'")
            }
            var unfilled = flags
            unfilled.zero = false
            pad(text, unfilled)
        default: try badVerb(raw, .int(number, type))
        }
    }

    private mutating func appendInteger(
        _ number: Int, _ type: GoIntType, _ radix: Int, _ flags: Flags, prefix: String = "", uppercase: Bool = false
    ) {
        let isNegative = !type.isUnsigned && number < 0
        let magnitude = type.isUnsigned ? UInt(bitPattern: number) : number.magnitude
        var digits = String(magnitude, radix: radix, uppercase: uppercase)
        let sign = isNegative ? "-" : flags.plus ? "+" : flags.space ? " " : ""
        if let precision = flags.precision {
            if precision == 0, magnitude == 0 {
                output.append(String(repeating: " ", count: flags.width ?? 0))
                return
            }
            digits = String(repeating: "0", count: max(0, precision - digits.count)) + digits
        } else if flags.zero, let width = flags.width {
            let least = width - sign.utf8.count
            digits = String(repeating: "0", count: max(0, least - digits.count)) + digits
        }
        // The zero of an octal number may be there already.
        let start = prefix == "0" && digits.hasPrefix("0") ? "" : prefix
        var unfilled = flags
        unfilled.zero = false
        pad(ByteString(sign + start + digits), unfilled)
    }

    private mutating func append(_ number: Double, _ verb: Character, _ flags: Flags, _ raw: UInt32) throws {
        var text: String
        let magnitude = number.magnitude
        switch verb {
        case _ where !number.isFinite && "vgGeEfFxXb".contains(verb): text = number.isNaN ? "NaN" : "Inf"
        case "v": text = flags.precision.map { Self.general(magnitude, $0) } ?? GoNumber.shortest(magnitude)
        case "g", "G":
            text = flags.precision.map { Self.general(magnitude, $0) } ?? GoNumber.shortest(magnitude)
            if verb == "G" { text = text.uppercased() }
        case "e", "E": text = GoNumber.formatted(magnitude, String(verb), precision: flags.precision ?? 6)
        case "f", "F": text = GoNumber.formatted(magnitude, "f", precision: flags.precision ?? 6)
        case "b", "x", "X": throw TemplateFailure(.unsupported, "'%\(verb)' of printf with a fraction")
        default: try badVerb(raw, .double(number)); return
        }
        if flags.sharp || (flags.precision ?? 0) > 1000 {
            throw TemplateFailure(.unsupported, "'%#\(verb)' of printf, or one with more than 1000 digits,")
        }
        let isNegative = number.sign == .minus && !number.isNaN
        // Without a number after it, an infinity has its sign.
        let sign = isNegative ? "-" : flags.plus || (number.isInfinite && !flags.space) ? "+" : flags.space ? " " : ""
        if flags.zero, number.isFinite, let width = flags.width {
            text = String(repeating: "0", count: max(0, width - sign.utf8.count - text.utf8.count)) + text
        }
        var unfilled = flags
        unfilled.zero = false
        pad(ByteString(sign + text), unfilled)
    }

    /// `%.Ng`: C's, but with the exponent only where there are more digits before the point than N.
    private static func general(_ number: Double, _ precision: Int) -> String {
        GoNumber.formatted(number, "g", precision: max(precision, 1))
    }

    private mutating func pad(_ text: ByteString, _ flags: Flags) {
        let count = text.bytes.count { $0 & 0xc0 != 0x80 }
        guard let width = flags.width, width > count else { output.append(text); return }
        let filling = [UInt8](repeating: flags.zero ? 0x30 : 0x20, count: width - count)
        output.bytes += flags.minus ? text.bytes + filling : filling + text.bytes
    }
}

extension GoFormat {
    /// Goes through the text of a format.
    private struct Reader {
        let format: ByteString
        let count: Int
        var place = 0
        /// The argument that the next verb takes.
        var next = 0
        var isGood = true
        var isIndexed = false
        var wasReordered = false

        var isAtEnd: Bool { place >= format.count }
        var peek: UInt8? { place < format.count ? format.bytes[place] : nil }

        mutating func skip() { place += 1 }

        mutating func literal() -> ByteString {
            let end = format.firstIndex(of: "%", from: place) ?? format.count
            defer { place = end }
            return ByteString(format.bytes[place..<end])
        }

        mutating func skipPercent() {
            place += 1
            isGood = true
            isIndexed = false
        }

        mutating func accept(_ byte: UInt8) -> Bool {
            guard peek == byte else { return false }
            place += 1
            return true
        }

        mutating func number(max limit: Int) -> Int? {
            let start = place
            var number = 0
            while let byte = peek, (0x30...0x39).contains(byte) {
                if number > limit { return nil }
                number = number * 10 + Int(byte - 0x30)
                place += 1
            }
            return place > start && number <= limit ? number : nil
        }

        /// `[3]`
        mutating func readIndex() {
            guard peek == UInt8(ascii: "[") else { return }
            wasReordered = true
            guard let end = format.bytes[place...].firstIndex(of: UInt8(ascii: "]")) else {
                isGood = false
                place += 1
                return
            }
            let text = ByteString(format.bytes[(place + 1)..<end])
            place = end + 1
            guard let number = GoNumber.int(text, base: 10), (1...max(count, 1)).contains(number), number <= count
            else {
                isGood = false
                return
            }
            isIndexed = true
            next = number - 1
        }

        mutating func verb() -> UInt32? {
            guard !isAtEnd else { return nil }
            let (rune, width) = format.rune(at: place)
            place += width
            return rune
        }
    }
}
