public import Crypto
public import Foundation
import TaskModel

/// Makes and checks links that need no token: each is good for one blob, for reading or for writing, until a time.
///
/// The parameters bear the names of shared access signatures, since clients drop all others: `sv` the key's version, `sp` what may be done,
/// `se` until when, `sig` the HMAC-SHA256 over all of it.
public struct LinkSigner: Sendable {
    /// What a link is for.
    enum Kind: Sendable {
        case upload
        /// Of a run of this registry.
        case log(registry: String)

        /// The last but one segment of the path.
        var container: String {
            switch self {
            case .upload: "uploads"
            case .log(let registry): "logs-" + registry.lowercased()
            }
        }

        var permission: String {
            switch self {
            case .upload: "cw"
            case .log: "r"
            }
        }

        var lifetime: TimeInterval {
            switch self {
            case .upload: 4 * 3600
            case .log: 48 * 3600  // longer than a run can wait and last; ends an hour after the run, see LogsController
            }
        }
    }

    /// The key that signs, and a name for it.
    public typealias Key = (version: String, key: SymmetricKey)

    private let currentKey: @Sendable () throws -> Key
    private let now: @Sendable () -> Date

    /// - Parameter key: asked at each use; with another one all links are refused.
    public init(key: @escaping @Sendable () throws -> Key, now: @escaping @Sendable () -> Date = { Date() }) {
        currentKey = key
        self.now = now
    }

    /// A signer with one key, for ever.
    public init(key: SymmetricKey, keyVersion: String, now: @escaping @Sendable () -> Date = { Date() }) {
        self.init(key: { (keyVersion, key) }, now: now)
    }

    /// 128 random bits in hexadecimal.
    static func randomName() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// `SERVER/blobs/CONTAINER/NAME?…`: three segments, which every client takes apart in the same way.
    func sign(_ kind: Kind, name: String, server: String) throws -> String {
        let key = try currentKey()
        let expiry = "\(Int64(now().addingTimeInterval(kind.lifetime).timeIntervalSince1970))"
        let message = Self.message(key, kind.container, name, permission: kind.permission, expiry: expiry)
        let code = Data(HMAC<SHA256>.authenticationCode(for: message, using: key.key))
        return
            "\(server)/blobs/\(kind.container)/\(name)?sv=\(key.version)&sp=\(kind.permission)&se=\(expiry)&sig=\(code.hexadecimal)"
    }

    /// - Throws: ``ServerError`` (403) unless the link is ours, for this blob and use, and not over.
    func check(container: String, name: String, permission: String, parameters: (String) -> String?) throws {
        let key = try currentKey()
        guard parameters("sv") == key.version, parameters("sp") == permission, let expiry = parameters("se"),
            let signature = parameters("sig").flatMap(Self.bytes(ofHex:)),
            HMAC<SHA256>.isValidAuthenticationCode(
                signature,
                authenticating: Self.message(key, container, name, permission: permission, expiry: expiry),
                using: key.key)
        else { throw ServerError.linkRefused("The link's signature is not valid. Ask for a new link.") }
        guard let end = Double(expiry), now().timeIntervalSince1970 < end else {
            throw ServerError.linkRefused("The link is over. Ask for a new link.")
        }
    }

    /// Whether a log's link with this expiry was made within the last hour.
    func isFresh(_ expiry: String?) -> Bool {
        guard let end = expiry.flatMap(Double.init) else { return false }
        return end - Kind.log(registry: "").lifetime + LogsController.lifetimeAfterRun > now().timeIntervalSince1970
    }

    private static func message(
        _ key: Key, _ container: String, _ name: String, permission: String, expiry: String
    ) -> Data {
        Data([key.version, permission, container, name, expiry].joined(separator: "\n").utf8)
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case 0x30...0x39: byte - 0x30
            case 0x61...0x66: byte - 0x61 + 10
            case 0x41...0x46: byte - 0x41 + 10
            default: nil
            }
        }
        guard digits.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).reduce(into: [UInt8]?.some([])) { result, index in
            guard let high = digits[index], let low = digits[index + 1] else { return result = nil }
            result?.append(high << 4 | low)
        }
    }
}
