/// Texts in quotes, as in Go's source (`strconv.Quote` and `Unquote`).
enum GoQuote {
    static func quoted(_ text: ByteString, ascii: Bool = false) -> ByteString {
        var result = ByteString("\"")
        result.bytes.reserveCapacity(text.count + 2)
        var place = 0
        while place < text.count {
            let (rune, width) = text.rune(at: place)
            if rune == ByteString.replacement, width == 1 {
                result.append("\\x" + hexadecimal(UInt32(text.bytes[place]), 2))
            } else {
                append(rune, quote: 0x22, ascii: ascii, to: &result)
            }
            place += width
        }
        result.append("\"")
        return result
    }

    static func quoted(rune: UInt32, ascii: Bool = false) -> ByteString {
        var result = ByteString("'")
        let rune = Unicode.Scalar(rune) == nil ? ByteString.replacement : rune
        append(rune, quote: 0x27, ascii: ascii, to: &result)
        result.append("'")
        return result
    }

    private static func append(_ rune: UInt32, quote: UInt32, ascii: Bool, to result: inout ByteString) {
        switch rune {
        case quote, 0x5c: result.bytes += [0x5c, UInt8(rune)]
        case 0x07: result.append("\\a")
        case 0x08: result.append("\\b")
        case 0x0c: result.append("\\f")
        case 0x0a: result.append("\\n")
        case 0x0d: result.append("\\r")
        case 0x09: result.append("\\t")
        case 0x0b: result.append("\\v")
        case _ where rune < 0x80 ? rune >= 0x20 && rune < 0x7f : !ascii && Runes.isPrintable(rune):
            result.append(rune: rune)
        case ..<0x20, 0x7f: result.append("\\x" + hexadecimal(rune, 2))
        case ..<0x10000: result.append("\\u" + hexadecimal(rune, 4))
        default: result.append("\\U" + hexadecimal(rune, 8))
        }
    }

    private static func hexadecimal(_ value: UInt32, _ digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// What stands between quotes, escapes resolved; nil if one of them is wrong.
    static func unquoted(_ inner: ArraySlice<UInt8>, quote: UInt8) -> ByteString? {
        guard inner.contains(0x5c) else { return ByteString(inner) }
        var result = ByteString([])
        var rest = inner
        while let byte = rest.popFirst() {
            guard byte == 0x5c else { result.bytes.append(byte); continue }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case UInt8(ascii: "a"): result.bytes.append(0x07)
            case UInt8(ascii: "b"): result.bytes.append(0x08)
            case UInt8(ascii: "f"): result.bytes.append(0x0c)
            case UInt8(ascii: "n"): result.bytes.append(0x0a)
            case UInt8(ascii: "r"): result.bytes.append(0x0d)
            case UInt8(ascii: "t"): result.bytes.append(0x09)
            case UInt8(ascii: "v"): result.bytes.append(0x0b)
            case 0x5c, quote: result.bytes.append(escape)
            case UInt8(ascii: "x"), UInt8(ascii: "u"), UInt8(ascii: "U"):
                let count = escape == UInt8(ascii: "x") ? 2 : escape == UInt8(ascii: "u") ? 4 : 8
                guard rest.count >= count,
                    let value = UInt32(String(decoding: rest.prefix(count), as: UTF8.self), radix: 16),
                    rest.first != UInt8(ascii: "+")
                else { return nil }
                rest = rest.dropFirst(count)
                if count == 2 {
                    result.bytes.append(UInt8(value))
                } else {
                    guard Unicode.Scalar(value) != nil else { return nil }
                    result.append(rune: value)
                }
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                guard rest.count >= 2,
                    let value = Int(String(decoding: [escape] + rest.prefix(2), as: UTF8.self), radix: 8), value < 256
                else { return nil }
                rest = rest.dropFirst(2)
                result.bytes.append(UInt8(value))
            default: return nil
            }
        }
        return result
    }
}
