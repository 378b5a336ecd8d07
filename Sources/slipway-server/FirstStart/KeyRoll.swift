import Foundation
import WebServer

/// Replaces keys in the data folder, be the server running or not.
///
/// Keys for tokens that were followed by another are `keys/signing/TIME.key`: good until that time, in seconds since
/// 1970, when the last of their tokens is over.
enum KeyRoll {
    private static let olderFolder = "keys/signing"

    /// Makes a new key for tokens.
    ///
    /// - Parameter isRevoking: whether all tokens end at once, instead of in their own time.
    /// - Throws: ``DataDirectoryError``
    static func rollSigning(in directory: DataDirectory, isRevoking: Bool, now: Date = Date()) throws {
        let current = try directory.read(ServerKeys.signingFile)
        for key in try older(in: directory) where isRevoking || key.until <= now { try directory.remove(key.file) }
        if let current, !isRevoking {
            try directory.makeSubfolder(olderFolder)
            try directory.write(
                current, to: file(until: now.addingTimeInterval(TokenKeys.longestLifetime), in: directory))
        }
        // Last, as a running server reads all keys again when this file is another one.
        try directory.write(randomBytes(ServerKeys.signingBytes), to: ServerKeys.signingFile)
    }

    /// Makes a new key for links, which voids all those given out.
    ///
    /// - Throws: ``DataDirectoryError``
    static func rollLinks(in directory: DataDirectory) throws {
        try directory.write(randomBytes(ServerKeys.signingBytes), to: ServerKeys.linksFile)
    }

    /// The keys for tokens before the current one.
    ///
    /// - Throws: ``DataDirectoryError``
    static func older(
        in directory: DataDirectory
    ) throws(DataDirectoryError) -> [(file: String, key: ServerKey, until: Date)] {
        var found: [(file: String, key: ServerKey, until: Date)] = []
        for name in directory.names(in: olderFolder) {
            guard name.hasSuffix(".key"), let seconds = Int64(name.dropLast(4)) else { continue }
            let file = "\(olderFolder)/\(name)"
            guard let bytes = try directory.read(file) else { continue }
            guard bytes.count == ServerKeys.signingBytes else {
                throw .damaged(
                    directory.path(file),
                    reason:
                        "it has \(bytes.count) bytes, not \(ServerKeys.signingBytes). Remove it: the tokens it signed end then"
                )
            }
            found.append((file, ServerKey(bytes), Date(timeIntervalSince1970: Double(seconds))))
        }
        return found
    }

    /// A name that no other key has.
    private static func file(until end: Date, in directory: DataDirectory) throws(DataDirectoryError) -> String {
        var seconds = Int64(end.timeIntervalSince1970.rounded(.up))
        while try directory.read("\(olderFolder)/\(seconds).key") != nil { seconds += 1 }
        return "\(olderFolder)/\(seconds).key"
    }
}
