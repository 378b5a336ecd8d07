/// What a stream of bytes from elsewhere is, a download or standard input: told by how it begins.
public enum ContextContent: Sendable, Hashable {
    /// A tar archive, plain or compressed with gzip, bzip2, xz or zstd.
    case archive
    /// Anything else.
    case dockerfile

    /// How many bytes to look at, if there are as many.
    public static let sniffedBytes = 2048

    private static let compressions: [[UInt8]] = [
        [0x1f, 0x8b], Array("BZh".utf8), [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], [0x28, 0xb5, 0x2f, 0xfd],
    ]

    /// - Parameter firstBytes: ``sniffedBytes`` of them, or all there are.
    public init(firstBytes: some Collection<UInt8>) {
        let isArchive = Self.compressions.contains { firstBytes.starts(with: $0) } || Self.isTar(firstBytes.prefix(512))
        self = isArchive ? .archive : .dockerfile
    }

    /// Whether a tar archive begins with this block: a header of any kind, a pax one too, whose checksum is right, or
    /// the zeros that end an archive without entries.
    private static func isTar(_ block: some Collection<UInt8>) -> Bool {
        guard block.count == 512 else { return false }
        let block = Array(block)
        if block.allSatisfy({ $0 == 0 }) { return true }
        // The checksum counts as blanks; some old programs add the bytes up as signed numbers.
        let field = block[148..<156]
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { (0x30...0x37).contains($0) }
        guard !digits.isEmpty, let expected = Int(String(decoding: digits, as: UTF8.self), radix: 8) else {
            return false
        }
        let blanks = 8 * Int(UInt8(ascii: " "))
        let rest = block[..<148] + block[156...]
        return rest.reduce(blanks) { $0 + Int($1) } == expected
            || rest.reduce(blanks) { $0 + Int(Int8(bitPattern: $1)) } == expected
    }
}
