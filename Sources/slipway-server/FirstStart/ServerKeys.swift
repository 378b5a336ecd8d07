import Crypto
import TaskModel

/// The server's secret keys, made at the first start and kept in the data folder's `keys`.
struct ServerKeys: Sendable {
    static let signingFile = "keys/signing.key"
    static let linksFile = "keys/links.key"
    /// Of the keys for tokens and links.
    static let signingBytes = 64

    /// Signs tokens (HMAC): 64 bytes. ``RollingKeys`` follows it while the server runs.
    let signing: ServerKey
    /// Signs links to logs and uploads (HMAC): 64 bytes. ``RollingKeys`` follows it while the server runs.
    let links: ServerKey
    /// Encrypts stored secrets (AES-256-GCM): 32 bytes.
    let secrets: ServerKey

    /// Reads the keys, and makes those that are missing.
    ///
    /// - Parameter isFirstStart: false if secrets may be stored already, so that their key must be there.
    /// - Throws: ``DataDirectoryError``; a key of the wrong size is not replaced.
    init(in directory: DataDirectory, isFirstStart: Bool) throws(DataDirectoryError) {
        signing = try Self.signing(in: directory)
        links = try Self.links(in: directory)
        let file = "keys/secrets.key"
        let isThere = try directory.read(file) != nil
        guard isFirstStart || isThere else {
            throw .damaged(
                directory.path(file),
                reason: """
                    it is missing, and without it stored secrets can't be read. Put it back from a backup, or do \
                    without those secrets: head -c 32 /dev/urandom > \(directory.path(file))
                    """)
        }
        secrets = try Self.key(file, bytes: 32, in: directory)
    }

    static func signing(in directory: DataDirectory) throws(DataDirectoryError) -> ServerKey {
        try key(signingFile, bytes: signingBytes, in: directory)
    }

    static func links(in directory: DataDirectory) throws(DataDirectoryError) -> ServerKey {
        try key(linksFile, bytes: signingBytes, in: directory)
    }

    private static func key(_ file: String, bytes count: Int, in directory: DataDirectory) throws(DataDirectoryError)
        -> ServerKey
    {
        if let bytes = try directory.read(file) {
            guard bytes.count == count else {
                throw .damaged(
                    directory.path(file), reason: "it has \(bytes.count) bytes, not \(count). Put it back from a backup"
                )
            }
            return ServerKey(bytes)
        }
        let bytes = randomBytes(count)
        try directory.write(bytes, to: file)
        return ServerKey(bytes)
    }
}

/// A secret key with a name for it.
struct ServerKey: Sendable {
    /// Tells keys apart without giving them away: 16 hexadecimal digits.
    let id: String
    let key: SymmetricKey

    init(_ bytes: [UInt8]) {
        id = SHA256.hash(data: Array("slipway key id".utf8) + bytes).prefix(8).hexadecimal
        key = SymmetricKey(data: bytes)
    }
}

extension ServerKey: CustomStringConvertible, CustomReflectable {
    var description: String { "key \(id)" }
    var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// Random bytes fit for keys.
func randomBytes(_ count: Int) -> [UInt8] {
    SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Array($0) }
}
