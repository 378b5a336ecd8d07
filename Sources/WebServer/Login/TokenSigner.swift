import Crypto
import Foundation
import JWTKit
import Synchronization

/// Signs and verifies tokens with the server's set of keys (RFC 7519): always HMAC-SHA256, whatever a token says.
///
/// Only the signature is looked at; what a token is good for is for its reader to check.
final class TokenSigner: Sendable {
    private struct Loaded {
        let ids: [String]
        let collection: JWTKeyCollection
    }

    private let keys: @Sendable () throws -> TokenKeys
    private let now: @Sendable () -> Date
    private let loaded = Mutex<Loaded?>(nil)

    /// - Parameter keys: asked each time, so that keys can be rolled while the server runs.
    init(keys: @escaping @Sendable () throws -> TokenKeys, now: @escaping @Sendable () -> Date) {
        self.keys = keys
        self.now = now
    }

    func sign(_ payload: some JWTPayload) async throws -> String {
        let keys = try keys()
        return try await collection(of: keys).sign(payload, kid: JWKIdentifier(string: keys.signing.id))
    }

    /// - Throws: ``TokenRefused`` unless one of the keys signed it. Other errors are the server's own.
    func verify<Payload: JWTPayload>(_ token: String, as type: Payload.Type) async throws -> Payload {
        let keys = try keys()
        guard token.utf8.count <= Self.maxBytes, let header = Self.header(of: token), header.alg == "HS256",
            keys.verifying(at: now()).contains(where: { $0.id == header.kid })
        else { throw TokenRefused() }
        do {
            return try await collection(of: keys).verify(token, as: type)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw TokenRefused()  // why is nobody's business
        }
    }

    private static let maxBytes = 16 << 10

    private struct Header: Decodable {
        let alg: String
        let kid: String
    }

    private static func header(of token: String) -> Header? {
        let first = token.prefix { $0 != "." }.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - first.count % 4) % 4)
        return Data(base64Encoded: first + padding).flatMap { try? JSONDecoder().decode(Header.self, from: $0) }
    }

    private func collection(of keys: TokenKeys) async -> JWTKeyCollection {
        let all = [keys.signing] + keys.older.map(\.key)
        let ids = all.map(\.id)
        if let known = loaded.withLock({ $0 }), known.ids == ids { return known.collection }
        let collection = JWTKeyCollection()
        for key in all {
            await collection.add(
                hmac: HMACKey(key: key.key), digestAlgorithm: .sha256, kid: JWKIdentifier(string: key.id))
        }
        await collection.clearDefault()  // it would stand in for keys that are not in the set
        loaded.withLock { $0 = Loaded(ids: ids, collection: collection) }
        return collection
    }
}

/// A token that none of the server's keys signed, or that can't be read.
struct TokenRefused: Error {}
