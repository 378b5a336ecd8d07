import Foundation

/// Numbers as text, as Go's package strconv has them.
enum GoNumber {
    /// `ParseInt`, base 0 taking `0x`, `0o`, `0b`, a leading zero and underscores as in Go's source. Nil if it isn't
    /// one, or has more than 64 bits.
    static func int(_ text: ByteString, base: Int = 0) -> Int? {
        var digits = text.bytes[...]
        var sign = ""
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? "-" : ""
            digits = digits.dropFirst()
        }
        var radix = base
        if base == 0 {
            guard hasWellPlacedUnderscores(digits) else { return nil }
            radix = 10
            if digits.first == UInt8(ascii: "0"), digits.count > 1 {
                switch digits[digits.startIndex + 1] | 0x20 {
                case UInt8(ascii: "x"): radix = 16
                case UInt8(ascii: "o"): radix = 8
                case UInt8(ascii: "b"): radix = 2
                default:
                    radix = 8
                    digits.insert(UInt8(ascii: "0"), at: digits.startIndex)
                }
                digits = digits.dropFirst(2)
            }
            digits.removeAll { $0 == UInt8(ascii: "_") }
        }
        guard !digits.isEmpty, digits.count < 100, digits.allSatisfy(isAlphanumeric) else { return nil }
        return Int(sign + String(decoding: digits, as: UTF8.self), radix: radix)
    }

    /// `ParseFloat`; nil also if it is too large.
    static func double(_ text: ByteString) -> Double? {
        let bytes = text.bytes
        guard bytes.count < 1000, let first = bytes.first else { return nil }
        let unsigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+") ? bytes.dropFirst() : bytes[...]
        guard hasWellPlacedUnderscores(unsigned) else { return nil }
        let plain = String(decoding: unsigned.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self).lowercased()
        let sign: Double = first == UInt8(ascii: "-") ? -1 : 1
        if plain == "inf" || plain == "infinity" { return sign * .infinity }
        if plain == "nan" { return .nan }
        let isHexadecimal = plain.hasPrefix("0x")
        // A hexadecimal one needs its exponent.
        guard !isHexadecimal || plain.contains("p"), let head = plain.utf8.first,
            (0x30...0x39).contains(head) || head == UInt8(ascii: "."),
            plain.utf8.contains(where: { (0x30...0x39).contains($0) }),
            plain.utf8.allSatisfy({ isAlphanumeric($0) || $0 == 0x2e || $0 == 0x2b || $0 == 0x2d })
        else { return nil }
        var form = plain
        if form.hasPrefix(".") { form = "0" + form }
        form = form.replacing(".e", with: ".0e").replacing(".p", with: ".0p").replacing("0x.", with: "0x0.")
        if form.hasSuffix(".") { form += "0" }
        guard let value = Double(form), value.isFinite else { return nil }
        return sign * value
    }

    /// `cast.ToInt64`: what isn't a number is 0.
    static func int(from value: GoValue) -> Int {
        switch value {
        case .int(let value, _): value
        case .double(let value): truncated(value)
        case .bool(let value): value ? 1 : 0
        case .string(let text): int(withoutZeroDecimals(text)) ?? 0
        default: 0
        }
    }

    /// `cast.ToFloat64`: what isn't a number is 0.
    static func double(from value: GoValue) -> Double {
        switch value {
        case .int(let value, let type): type.isUnsigned ? Double(UInt(bitPattern: value)) : Double(value)
        case .double(let value): value
        case .bool(let value): value ? 1 : 0
        case .string(let text): double(text) ?? 0
        default: 0
        }
    }

    /// As amd64 converts: what has no place in 64 bits becomes the least of them.
    static func truncated(_ value: Double) -> Int { Int(exactly: value.rounded(.towardZero)) ?? .min }

    /// With the fewest digits that give the number back, and an exponent outside of a range (`%g` has 6 and -5).
    static func shortest(_ number: Double, exponentFrom least: Int = 6, upTo smallest: Int = -5) -> String {
        guard number.isFinite else { return number.isNaN ? "NaN" : number < 0 ? "-Inf" : "+Inf" }
        let (digits, point) = decimal(number.magnitude)
        let sign = number.sign == .minus ? "-" : ""
        let exponent = point - 1
        if number != 0, exponent >= least || exponent <= smallest {
            let mantissa = digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "")
            let size = abs(exponent)
            return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + (size < 10 ? "0" : "") + String(size)
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if digits.count <= point { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// As templates and `%v` print it: with an exponent below 1e-4 and from 1e6 on, where the digits do not say otherwise.
    static func printed(_ number: Double) -> String { shortest(number) }

    /// The digits, none of them zeros at the end, and how many of them are before the point: 0.05 is 5 and -1.
    private static func decimal(_ number: Double) -> (digits: String, point: Int) {
        guard number != 0 else { return ("0", 1) }
        let parts = "\(number)".split(separator: "e")
        let pieces = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = pieces.count > 1 && pieces[1] != "0" ? pieces[1] : ""
        let leading = (pieces[0] + fraction).prefix { $0 == "0" }.count
        var digits = String((pieces[0] + fraction).dropFirst(leading))
        while digits.last == "0" { digits.removeLast() }
        return (digits, pieces[0].count - leading + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0))
    }

    /// `%e`, `%f` or `%g` of C with so many digits.
    static func formatted(_ number: Double, _ verb: String, precision: Int) -> String {
        String(format: "%.\(min(max(precision, 0), 1000))\(verb)", number)
    }

    /// `12.00` is 12.
    private static func withoutZeroDecimals(_ text: ByteString) -> ByteString {
        guard let point = text.bytes.lastIndex(of: UInt8(ascii: ".")), point + 1 < text.count,
            text.bytes[(point + 1)...].allSatisfy({ $0 == UInt8(ascii: "0") })
        else { return text }
        return ByteString(text.bytes[..<point])
    }

    /// Each between two digits, or after the base (`underscoreOK`).
    private static func hasWellPlacedUnderscores(_ digits: some Collection<UInt8>) -> Bool {
        let low = UInt8(ascii: "_")
        guard digits.contains(low) else { return true }
        let base = digits.first == UInt8(ascii: "0") ? (digits.dropFirst().first ?? 0) | 0x20 : 0
        let hasBase = "xob".utf8.contains(base)
        let isHexadecimal = base == UInt8(ascii: "x")
        // The base counts as a digit before the first.
        var wasDigit = hasBase
        var wasLow = false
        for byte in digits.dropFirst(hasBase ? 2 : 0) {
            if byte == low {
                guard wasDigit else { return false }
                (wasDigit, wasLow) = (false, true)
                continue
            }
            let isDigit = (0x30...0x39).contains(byte) || (isHexadecimal && (0x61...0x66).contains(byte | 0x20))
            guard isDigit || !wasLow else { return false }
            (wasDigit, wasLow) = (isDigit, false)
        }
        return !wasLow
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
    }
}
