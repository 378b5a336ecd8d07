import Crypto
import Foundation
import TaskModel

extension Webhook {
    /// Whether a header holds the HMAC-SHA256 of the body in hexadecimal digits, after a prefix.
    func isSigned(in header: String, after prefix: String = "", with secret: Secret) -> Bool {
        guard let value = headers[header], value.hasPrefix(prefix),
            let code = bytes(ofHexadecimal: value.dropFirst(prefix.count))
        else { return false }
        return Self.isCode(code, of: body, key: Array(secret.value.utf8))
    }

    /// Whether the delivery is signed as Standard Webhooks say: HMAC-SHA256 over `ID.TIME.BODY`, the time at most five minutes off.
    func isSignedWithTime(with secret: Secret, at now: Date) -> Bool {
        guard let id = headers["webhook-id"], let time = headers["webhook-timestamp"], let seconds = Int64(time),
            abs(Double(seconds) - now.timeIntervalSince1970) <= 300
        else { return false }
        let prefix = "whsec_"
        let bare = secret.value.hasPrefix(prefix) ? String(secret.value.dropFirst(prefix.count)) : nil
        let key = bare.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? Array(secret.value.utf8)
        let signed = Array("\(id).\(time).".utf8) + body
        return (headers["webhook-signature"] ?? "").split(separator: " ").contains { signature in
            guard signature.hasPrefix("v1,"), let code = Data(base64Encoded: String(signature.dropFirst(3))) else {
                return false
            }
            return Self.isCode(Array(code), of: signed, key: key)
        }
    }

    /// Whether a header holds this text.
    func hasText(_ text: String, in header: String) -> Bool {
        guard let value = headers[header] else { return false }
        // Codes under a key that nobody knows are compared, so that the time tells nothing of the texts, nor of their lengths.
        let key = SymmetricKey(size: .bits256)
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(value.utf8), using: key)
    }

    /// The value of a header as the id of a delivery: at most 200 visible characters.
    func id(in header: String) -> String? {
        headers[header].flatMap(Self.id)
    }

    static func id(_ text: String) -> String? {
        (1...200).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7e).contains($0) } ? text : nil
    }

    private static func isCode(_ code: [UInt8], of bytes: [UInt8], key: [UInt8]) -> Bool {
        // An empty secret would be one that everybody knows.
        !key.isEmpty
            && HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: SymmetricKey(data: key))
    }
}

private func bytes(ofHexadecimal text: Substring) -> [UInt8]? {
    guard text.utf8.count % 2 == 0 else { return nil }
    let digits = text.utf8.compactMap { UInt8(hexadecimal: $0) }
    guard digits.count == text.utf8.count else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

extension UInt8 {
    /// The value of a hexadecimal digit.
    fileprivate init?(hexadecimal digit: UInt8) {
        switch digit {
        case 0x30...0x39: self = digit - 0x30
        case 0x41...0x46: self = digit - 0x41 + 10
        case 0x61...0x66: self = digit - 0x61 + 10
        default: return nil
        }
    }
}
