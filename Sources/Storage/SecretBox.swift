public import Crypto
import Foundation

/// Encrypts secrets for storage: AES-256-GCM under a key that is kept outside the database.
public struct SecretBox: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: 32 bytes.
    public init(key: SymmetricKey) {
        self.key = key
    }

    /// - Parameter purpose: bound to the result, so that it can't be moved to another place of the database.
    func seal(_ text: String, for purpose: String) throws -> String {
        let box = try AES.GCM.seal(Data(text.utf8), using: key, authenticating: Data(purpose.utf8))
        guard let combined = box.combined else { throw StorageError.secretUnreadable }
        return combined.base64EncodedString()
    }

    func open(_ sealed: String, for purpose: String) throws -> String {
        guard let data = Data(base64Encoded: sealed), let box = try? AES.GCM.SealedBox(combined: data),
            let text = try? AES.GCM.open(box, using: key, authenticating: Data(purpose.utf8))
        else { throw StorageError.secretUnreadable }
        return String(decoding: text, as: UTF8.self)
    }
}
