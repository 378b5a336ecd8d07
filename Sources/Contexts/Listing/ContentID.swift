import Crypto

/// Stands for the bytes of a file: other bytes have another id. A blob id of git or a SHA-256.
public struct ContentID: Sendable, Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// - Parameter digest: of 32 bytes at most; shorter ones are filled up with zeros.
    init(digest: some Sequence<UInt8>) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { room in
            for (place, byte) in zip(room.indices, digest) { room[place] = byte }
        }
        self.words = words
    }

    public init(of bytes: [UInt8]) {
        self.init(digest: SHA256.hash(data: bytes))
    }

    /// Reads all that is left of a content.
    init(reading content: any EntryContent, room: UnsafeMutableRawBufferPointer) throws {
        var hash = SHA256()
        while true {
            let count = try content.read(into: room)
            guard count > 0 else { break }
            hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
        self.init(digest: hash.finalize())
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: words, body)
    }

    public static func == (left: ContentID, right: ContentID) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
