import CurlHTTP
import Glibc

@testable import Contexts

/// Packs a walk and returns the whole stream.
func packed(
    _ walk: any ContextWalk, compression: ContextPacker.Compression = .none, first: [InMemoryEntry] = []
) async throws -> [UInt8] {
    let pipe = BytePipe()
    async let packing: Void = ContextPacker.packInBackground(walk, into: pipe, compression: compression, first: first)
    var bytes: [UInt8] = []
    while let chunk = try await pipe.read() { bytes += chunk }
    try await packing
    return bytes
}

/// An archive of bytes at hand, handed out in small pieces.
func archive(of bytes: [UInt8], pieces: Int = 1000) -> ArchiveSource {
    ArchiveSource {
        let pipe = BytePipe(capacity: 1 << 30)
        var rest = bytes[...]
        while !rest.isEmpty {
            try pipe.writeBlocking(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        pipe.finish()
        return pipe
    }
}

/// Makes a tar archive by hand, so that it may hold what no packer of ours writes.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: String, type: Character = "0", content: String = "", target: String = "", mode: Int = 0o644
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(name, at: 0)
        put(octal(mode, 7), at: 100)
        put(octal(1000, 7), at: 108)
        put(octal(1000, 7), at: 116)
        put(octal(content.utf8.count, 11), at: 124)
        put(octal(1_600_000_000, 11), at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(target, at: 157)
        put("ustar\u{0}00", at: 257)
        put("someone", at: 265)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
        bytes += header + Array(content.utf8)
        bytes += [UInt8](repeating: 0, count: (512 - content.utf8.count % 512) % 512)
    }

    var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
