import CLzma

/// Decompresses the xz format with a limit on memory: a stream names the size of its dictionary itself, up to 4 GiB,
/// and libarchive's own reading of it sets no limit. Owns one liblzma stream.
final class XzDecoder {
    static let magic: [UInt8] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]

    /// Enough for `xz -9`, which takes 65 MiB.
    private static let maxMemory: UInt64 = 160 << 20

    private var stream = lzma_stream()
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    private var hasInputEnded = false

    init() throws(ContextError) {
        // Several streams after one another are one, as for the program.
        guard lzma_stream_decoder(&stream, Self.maxMemory, clzma_concatenated()) == LZMA_OK else {
            throw .archiveLibrary(action: "decompress xz", reason: "out of memory")
        }
    }

    deinit {
        lzma_end(&stream)
        output.deallocate()
    }

    /// The next piece of the content, valid until the next call; empty at its end.
    ///
    /// - Parameter source: gives compressed bytes that stay valid until it is asked again, none at their end.
    func next(from source: () throws -> UnsafeRawBufferPointer) throws -> UnsafeRawBufferPointer {
        while true {
            if stream.avail_in == 0, !hasInputEnded {
                let bytes = try source()
                stream.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_in = bytes.count
                hasInputEnded = bytes.isEmpty
            }
            stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = output.count
            let code = lzma_code(&stream, hasInputEnded ? LZMA_FINISH : LZMA_RUN)
            let count = output.count - stream.avail_out
            switch code {
            case LZMA_OK, LZMA_STREAM_END:
                if count > 0 || code == LZMA_STREAM_END {
                    return UnsafeRawBufferPointer(rebasing: output[..<count])
                }
            case LZMA_MEMLIMIT_ERROR:
                throw ContextError.tooLarge(
                    "been compressed with too large a dictionary", limit: "\(Self.maxMemory >> 20) MiB of memory")
            case LZMA_BUF_ERROR where hasInputEnded: throw ContextError.archiveBroken(reason: "truncated xz input")
            case LZMA_BUF_ERROR: continue
            default: throw ContextError.archiveBroken(reason: "damaged xz input")
            }
        }
    }
}
