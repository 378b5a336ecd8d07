import Crypto
import CryptoExtras
import Foundation

/// A private key of a user of ssh, which signs.
public struct SSHPrivateKey: Sendable {
    enum Key {
        case ed25519(Curve25519.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case rsa(_RSA.Signing.PrivateKey)
    }

    /// What RSA keys sign (RFC 8332). Signatures with SHA-1 are not made.
    enum RSAHash {
        case sha256, sha512
    }

    let key: Key
    /// As servers know it (RFC 4253, section 6.6).
    let publicKey: [UInt8]
    let comment: String

    init(_ key: Key, comment: String = "") throws(SSHKeyProblem) {
        self.key = key
        self.comment = comment
        var writer = SSHWriter()
        writer.text(key.algorithm)
        switch key {
        case .ed25519(let key): writer.string(key.publicKey.rawRepresentation)
        case .p256(let key): writer.curve("nistp256", key.publicKey.x963Representation)
        case .p384(let key): writer.curve("nistp384", key.publicKey.x963Representation)
        case .p521(let key): writer.curve("nistp521", key.publicKey.x963Representation)
        case .rsa(let key):
            // The library's own keys can always be taken apart.
            guard let parts = try? key.publicKey.getKeyPrimitives() else { throw .damaged }
            writer.number(parts.publicExponent)
            writer.number(parts.modulus)
        }
        publicKey = writer.bytes
    }

    /// A signature as the agent protocol carries it.
    ///
    /// - Parameter hash: what the server takes from an RSA key; other kinds have just one way.
    /// - Returns: nil if the key can't sign that way.
    func sign(_ data: [UInt8], hash: RSAHash?) throws -> [UInt8]? {
        var algorithm = key.algorithm
        let signature: [UInt8]
        switch key {
        case .ed25519(let key): signature = Array(try key.signature(for: data))
        case .p256(let key): signature = Self.pair(try key.signature(for: data).rawRepresentation)
        case .p384(let key): signature = Self.pair(try key.signature(for: data).rawRepresentation)
        case .p521(let key): signature = Self.pair(try key.signature(for: data).rawRepresentation)
        case .rsa(let key):
            switch hash {
            case .sha256?:
                algorithm = "rsa-sha2-256"
                signature = Array(
                    try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
            case .sha512?:
                algorithm = "rsa-sha2-512"
                signature = Array(
                    try key.signature(for: SHA512.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
            case nil: return nil
            }
        }
        return SSHWriter.making { writer in
            writer.text(algorithm)
            writer.string(signature)
        }
    }

    /// Two numbers of one length (RFC 5656, section 3.1.2).
    private static func pair(_ raw: Data) -> [UInt8] {
        let half = raw.count / 2
        return SSHWriter.making { writer in
            writer.number(Array(raw.prefix(half)))
            writer.number(Array(raw.suffix(half)))
        }
    }
}

extension SSHPrivateKey.Key {
    var algorithm: String {
        switch self {
        case .ed25519: "ssh-ed25519"
        case .p256: "ecdsa-sha2-nistp256"
        case .p384: "ecdsa-sha2-nistp384"
        case .p521: "ecdsa-sha2-nistp521"
        case .rsa: "ssh-rsa"
        }
    }
}

extension SSHWriter {
    fileprivate mutating func curve(_ name: String, _ point: Data) {
        text(name)
        string(point)
    }
}
