import Crypto

/// Under what a daemon keeps the files of a context from one build to the next.
///
/// Whoever knows the name could find files there, so it follows from a secret, as the times of the files do: a daemon
/// takes a file with the size and time of one that it has for the same, and nobody must be able to look for a content
/// that gets the time of another.
public struct ContextKey: Sendable, Hashable {
    /// What the daemon is told.
    public let name: String
    /// What the times of files follow from, besides their contents.
    let salt: [UInt8]

    /// - Parameters:
    ///   - secret: of whoever builds, 16 bytes or more.
    ///   - identity: what contexts must share to share times, the same parts in the same order each time.
    ///   - variant: what they must share besides to share a kept tree.
    public init(secret: [UInt8], identity: [String], variant: String = "") {
        let key = SymmetricKey(data: secret)
        let text = identity.map { "\($0.utf8.count):\($0)" }.joined()
        name = hexadecimal(HMAC<SHA256>.authenticationCode(for: Array(("tree " + text + variant).utf8), using: key))
        salt = Array(HMAC<SHA256>.authenticationCode(for: Array(("times " + text).utf8), using: key))
    }

    private init(name: String, salt: [UInt8]) {
        self.name = name
        self.salt = salt
    }

    /// The key for one of several builds at once: a daemon gives a kept tree to one build at a time.
    ///
    /// - Parameter slot: from 0 on; 0 is this key.
    public func slot(_ slot: Int) -> ContextKey {
        slot == 0 ? self : ContextKey(name: "\(name)-\(slot)", salt: salt)
    }
}
