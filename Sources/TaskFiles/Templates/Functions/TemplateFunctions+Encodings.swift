import Crypto
import Foundation

extension TemplateFunctions {
    mutating func addEncodings() {
        // Of what does not exist it is empty, as in ACR Tasks.
        add("b64enc", takes: 1) { call in
            if call.arguments[0].isNull { return .string("") }
            return try call.made(ByteString(Data(try call.string(0).bytes).base64EncodedString()))
        }
        add("b64dec", takes: 1) { call in
            let plain = try call.string(0).bytes.filter { $0 != 0x0a && $0 != 0x0d }
            guard let data = Data(base64Encoded: Data(plain)) else { throw call.failure("finds no Base64") }
            return .string(ByteString(data))
        }
        add("b32enc", takes: 1) { call in try call.made(Base32.encoded(try call.string(0))) }
        add("b32dec", takes: 1) { call in
            guard let text = Base32.decoded(try call.string(0)) else { throw call.failure("finds no Base32") }
            return .string(text)
        }
        add("sha1sum", takes: 1) { call in .text(hexadecimal(Insecure.SHA1.hash(data: try call.string(0).bytes))) }
        add("sha256sum", takes: 1) { call in .text(hexadecimal(SHA256.hash(data: try call.string(0).bytes))) }
        add("adler32sum", takes: 1) { call in
            var (low, high): (UInt32, UInt32) = (1, 0)
            for byte in try call.string(0).bytes {
                low = (low + UInt32(byte)) % 65521
                high = (high + low) % 65521
            }
            return .text(String(high << 16 | low))
        }
        add("toJson", "mustToJson", takes: 1) { call in
            try call.made(try GoJSON.encode(call.arguments[0], call.work))
        }
        add("toRawJson", "mustToRawJson", takes: 1) { call in
            try call.made(try GoJSON.encode(call.arguments[0], call.work, escapesHTML: false))
        }
        add("toPrettyJson", "mustToPrettyJson", takes: 1) { call in
            try call.made(try GoJSON.encode(call.arguments[0], call.work, indents: true))
        }
        add("fromJson", takes: 1) { call in (try? GoJSON.decode(try call.string(0), call.work)) ?? .null }
        add("mustFromJson", takes: 1) { call in try GoJSON.decode(try call.string(0), call.work) }
    }
}

private func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// RFC 4648, section 6.
private enum Base32 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let values = Dictionary(uniqueKeysWithValues: letters.enumerated().map { ($0.element, $0.offset) })

    static func encoded(_ text: ByteString) -> ByteString {
        var result = ByteString([])
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in text.bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                result.bytes.append(letters[Int(bits >> UInt32(count) & 31)])
            }
            bits &= 31
        }
        if count > 0 { result.bytes.append(letters[Int(bits << UInt32(5 - count) & 31)]) }
        while result.count % 8 != 0 { result.append("=") }
        return result
    }

    static func decoded(_ text: ByteString) -> ByteString? {
        let plain = text.bytes.filter { $0 != 0x0a && $0 != 0x0d }
        let digits = plain.prefix { $0 != UInt8(ascii: "=") }
        let padding = plain.dropFirst(digits.count)
        guard plain.count % 8 == 0, padding.allSatisfy({ $0 == UInt8(ascii: "=") }),
            [0, 1, 3, 4, 6].contains(padding.count)
        else { return nil }
        var result = ByteString([])
        var (bits, count): (UInt32, Int) = (0, 0)
        for digit in digits {
            guard let value = values[digit] else { return nil }
            bits = bits << 5 | UInt32(value)
            count += 5
            if count >= 8 {
                count -= 8
                result.bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
            bits &= 0xff
        }
        return result
    }
}
