import Crypto
import CryptoExtras
import Foundation

extension SSHPrivateKey {
    /// The largest file that is looked at.
    public static let maxBytes = 64 * 1024

    /// Reads a key file: OpenSSH's own form, or PEM (PKCS #1, SEC 1, PKCS #8), without a passphrase.
    public init(_ text: String) throws(SSHKeyProblem) {
        guard text.utf8.count <= Self.maxBytes else { throw .tooLarge(limit: Self.maxBytes) }
        guard let (label, headers, body) = Self.armor(text) else { throw Self.problem(of: text) }
        if headers.contains(where: { $0.uppercased().contains("ENCRYPTED") }) { throw .passphrase }
        switch label {
        case "OPENSSH PRIVATE KEY": try self.init(openSSH: try Self.bytes(body))
        case "ENCRYPTED PRIVATE KEY": throw .passphrase
        case "RSA PRIVATE KEY": try self.init(.rsa(try Self.rsa(der: try Self.bytes(body))))
        case "EC PRIVATE KEY": try self.init(try Self.curve(der: try Self.bytes(body)))
        case "PRIVATE KEY": try self.init(pkcs8: try Self.bytes(body))
        case "DSA PRIVATE KEY": throw .unsupported("a DSA key")
        case "PUBLIC KEY", "RSA PUBLIC KEY": throw .publicKey
        default: throw .noPrivateKey
        }
    }

    init(pkcs8 der: [UInt8]) throws(SSHKeyProblem) {
        try self.init(try Self.anyKind(der: der))
    }

    /// The first block between `-----BEGIN …-----` and `-----END …-----`.
    private static func armor(_ text: String) -> (label: String, headers: [String], body: String)? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        guard let begin = lines.firstIndex(where: { $0.hasPrefix("-----BEGIN ") && $0.hasSuffix("-----") }),
            lines[begin].utf8.count >= 16,
            let end = lines[begin...].firstIndex(where: { $0.hasPrefix("-----END ") })
        else { return nil }
        let label = String(lines[begin].dropFirst(11).dropLast(5))
        let content = lines[(begin + 1)..<end]
        return (label, content.filter { $0.contains(":") }, content.filter { !$0.contains(":") }.joined())
    }

    private static func problem(of text: String) -> SSHKeyProblem {
        if text.hasPrefix("PuTTY-User-Key-File") {
            return .unsupported("PuTTY's form (puttygen KEY -O private-openssh makes another of it)")
        }
        let kinds = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "---- BEGIN SSH2 PUBLIC KEY"]
        return kinds.contains { text.hasPrefix($0) } ? .publicKey : .noPrivateKey
    }

    private static func bytes(_ base64: String) throws(SSHKeyProblem) -> [UInt8] {
        guard let data = Data(base64Encoded: base64) else { throw .damaged }
        return Array(data)
    }

    // MARK: PEM

    private static func rsa(der: [UInt8]) throws(SSHKeyProblem) -> _RSA.Signing.PrivateKey {
        do {
            return try _RSA.Signing.PrivateKey(derRepresentation: der)
        } catch CryptoKitError.incorrectParameterSize {
            throw .unsupported("an RSA key of less than 2048 bits")
        } catch {
            throw .damaged  // the library's reasons are numbers
        }
    }

    private static func curve(der: [UInt8]) throws(SSHKeyProblem) -> Key {
        // Each takes its own curve alone.
        if let key = try? P256.Signing.PrivateKey(derRepresentation: der) { return .p256(key) }
        if let key = try? P384.Signing.PrivateKey(derRepresentation: der) { return .p384(key) }
        if let key = try? P521.Signing.PrivateKey(derRepresentation: der) { return .p521(key) }
        throw .damaged
    }

    private static func anyKind(der: [UInt8]) throws(SSHKeyProblem) -> Key {
        // RFC 8410, section 7: all that stands before the 32 bytes of the key.
        let ed25519: [UInt8] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]
        if der.starts(with: ed25519), let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: der.dropFirst(16))
        {
            return .ed25519(key)
        }
        if let key = try? curve(der: der) { return key }
        return .rsa(try rsa(der: der))
    }
}
