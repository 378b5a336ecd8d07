import Crypto
import CryptoExtras
import Foundation

/// OpenSSH's own form of a private key (its document PROTOCOL.key).
extension SSHPrivateKey {
    private static let magic = Array("openssh-key-v1\0".utf8)

    init(openSSH bytes: [UInt8]) throws(SSHKeyProblem) {
        guard bytes.starts(with: Self.magic) else { throw .damaged }
        do {
            self = try Self.read(bytes.dropFirst(Self.magic.count))
        } catch let problem as SSHKeyProblem {
            throw problem
        } catch {
            throw .damaged  // too short, or numbers that are no key: the reasons are of no use
        }
    }

    private static func read(_ bytes: ArraySlice<UInt8>) throws -> SSHPrivateKey {
        var outer = SSHReader(bytes)
        let cipher = try outer.text()
        _ = try outer.string()  // how a key is made of the passphrase
        _ = try outer.string()
        guard cipher == "none" else { throw SSHKeyProblem.passphrase }
        guard try outer.uint32() == 1 else { throw SSHKeyProblem.unsupported("a file of several keys") }
        let publicKey = try outer.string()
        var inner = SSHReader(try outer.string())
        guard try inner.uint32() == inner.uint32() else { throw SSHKeyProblem.damaged }
        let kind = try inner.text()
        let key = try key(of: kind, &inner)
        let read = try SSHPrivateKey(key, comment: try inner.text())
        guard read.publicKey == publicKey else { throw SSHKeyProblem.damaged }
        return read
    }

    private static func key(of kind: String, _ reader: inout SSHReader) throws -> Key {
        switch kind {
        case "ssh-ed25519":
            _ = try reader.string()
            return .ed25519(try Curve25519.Signing.PrivateKey(rawRepresentation: try reader.string().prefix(32)))
        case "ecdsa-sha2-nistp256":
            return .p256(try P256.Signing.PrivateKey(rawRepresentation: try scalar(&reader, size: 32)))
        case "ecdsa-sha2-nistp384":
            return .p384(try P384.Signing.PrivateKey(rawRepresentation: try scalar(&reader, size: 48)))
        case "ecdsa-sha2-nistp521":
            return .p521(try P521.Signing.PrivateKey(rawRepresentation: try scalar(&reader, size: 66)))
        case "ssh-rsa": return .rsa(try rsa(&reader))
        default:
            throw SSHKeyProblem.unsupported(
                kind.hasPrefix("sk-") ? "a key that lives on a security token" : "a key of the kind '\(shown(kind))'")
        }
    }

    private static func shown(_ kind: String) -> String {
        String(kind.prefix(40).map { $0.isASCII && !$0.isWhitespace ? $0 : "?" })
    }

    /// The private number, behind the name of the curve and the public point.
    private static func scalar(_ reader: inout SSHReader, size: Int) throws -> [UInt8] {
        _ = try reader.string()
        _ = try reader.string()
        let number = try reader.number()
        guard number.count <= size else { throw SSHKeyProblem.damaged }
        return [UInt8](repeating: 0, count: size - number.count) + number
    }

    private static func rsa(_ reader: inout SSHReader) throws -> _RSA.Signing.PrivateKey {
        let (n, e, d) = (try reader.number(), try reader.number(), try reader.number())
        _ = try reader.number()
        let (p, q) = (try reader.number(), try reader.number())
        guard n.count >= 256 else { throw SSHKeyProblem.unsupported("an RSA key of less than 2048 bits") }
        guard n.count <= 1024 else { throw SSHKeyProblem.unsupported("an RSA key of more than 8192 bits") }
        // What is no key takes no long calculation.
        let isOdd = [n, e, p, q].allSatisfy { ($0.last ?? 0) & 1 == 1 }
        guard isOdd, e.count <= 8, d.count <= n.count, p.count > 1, q.count > 1, p.count + q.count <= n.count + 1 else {
            throw SSHKeyProblem.damaged
        }
        return try _RSA.Signing.PrivateKey(n: n, e: e, d: d, p: p, q: q)
    }
}
