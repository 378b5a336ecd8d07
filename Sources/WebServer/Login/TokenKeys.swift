public import Crypto
public import Foundation

/// The keys for tokens: one signs, and those it followed are good for what they signed, until a time.
public struct TokenKeys: Sendable {
    /// A key for HMAC-SHA256.
    public struct Key: Sendable {
        /// Names the key in tokens.
        public let id: String
        /// At least 256 bits.
        public let key: SymmetricKey

        public init(id: String, key: SymmetricKey) {
            precondition(key.bitCount >= 256, "a signing key has at least 256 bits")
            self.id = id
            self.key = key
        }
    }

    /// The longest that anything these keys sign may be good for, in seconds. Older keys are kept for that long.
    public static let longestLifetime: TimeInterval = 24 * 3600

    public let signing: Key
    public let older: [(key: Key, until: Date)]

    public init(signing: Key, older: [(key: Key, until: Date)] = []) {
        self.signing = signing
        self.older = older
    }

    /// The keys that a token may have been signed with.
    func verifying(at now: Date) -> [Key] {
        [signing] + older.filter { now < $0.until }.map(\.key)
    }
}
