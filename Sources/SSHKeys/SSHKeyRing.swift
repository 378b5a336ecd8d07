/// An ssh agent that holds some keys and does what a client needs to log in with them: it lists them and signs
/// (draft-miller-ssh-agent). Everything else is refused; nothing that it answers holds a private key.
public struct SSHKeyRing: Sendable {
    /// Of a message and of an answer, without the length in front: as OpenSSH's agent has it.
    public static let maxMessage = 256 * 1024

    private static let failure: [UInt8] = [5]

    public let keys: [SSHPrivateKey]

    public init(_ keys: [SSHPrivateKey]) {
        self.keys = keys
    }

    /// The answer to a message, both without the length in front. What can't be understood is refused.
    public func answer(_ message: [UInt8]) -> [UInt8] {
        var reader = SSHReader(message)
        // A short message is as good as an unknown one.
        guard message.count <= Self.maxMessage, let kind = try? reader.byte() else { return Self.failure }
        switch kind {
        case 11: return identities
        case 13: return (try? signature(&reader)) ?? Self.failure
        default: return Self.failure
        }
    }

    /// `SSH_AGENT_IDENTITIES_ANSWER`.
    private var identities: [UInt8] {
        SSHWriter.making { writer in
            writer.byte(12)
            writer.uint32(keys.count)
            for key in keys {
                writer.string(key.publicKey)
                writer.text(key.comment)
            }
        }
    }

    /// `SSH_AGENT_SIGN_RESPONSE`, to `SSH_AGENTC_SIGN_REQUEST`. Nil if it can't be given.
    private func signature(_ reader: inout SSHReader) throws -> [UInt8]? {
        let publicKey = try reader.string()
        let data = try reader.string()
        let flags = try reader.uint32()
        guard let key = keys.first(where: { $0.publicKey == publicKey }) else { return nil }
        let hash: SSHPrivateKey.RSAHash? = flags & 4 != 0 ? .sha512 : flags & 2 != 0 ? .sha256 : nil
        return try key.sign(data, hash: hash).map { signature in
            SSHWriter.making { writer in
                writer.byte(14)
                writer.string(signature)
            }
        }
    }
}
