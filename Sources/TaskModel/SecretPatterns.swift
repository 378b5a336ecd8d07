/// Many byte strings that are looked for at once: found by their first four bytes, so that the time does not grow with
/// how many there are.
public struct SecretPatterns: Sendable {
    /// No pattern may be shorter.
    public static let shortest = 4
    private static let mask = Array("***".utf8)

    /// By the first four bytes, longest first.
    private var byHead: [UInt32: [[UInt8]]] = [:]
    /// Whether a pattern begins with these two bytes.
    private var pairs = [Bool](repeating: false, count: 1 << 16)
    /// The first two and three bytes of all, and the first.
    private var beginnings: Set<[UInt8]> = []

    public init() {}

    public var isEmpty: Bool { byHead.isEmpty }

    public mutating func insert(_ pattern: [UInt8]) {
        guard pattern.count >= Self.shortest else { return }
        let head = Self.head(pattern, 0)
        var bucket = byHead[head] ?? []
        guard !bucket.contains(pattern) else { return }
        bucket.insert(pattern, at: bucket.firstIndex { $0.count < pattern.count } ?? bucket.count)
        byHead[head] = bucket
        pairs[Int(pattern[0]) << 8 | Int(pattern[1])] = true
        for count in 1..<Self.shortest { beginnings.insert(Array(pattern.prefix(count))) }
    }

    /// Puts `***` where patterns are. Where several begin the longest counts, so that one that holds another is masked
    /// whole.
    ///
    /// - Parameter isEnd: whether no more bytes will come.
    /// - Returns: what is safe to show, and the end of the bytes if it may be the beginning of a pattern.
    public func masking(_ bytes: [UInt8], isEnd: Bool) -> (shown: [UInt8], held: [UInt8]) {
        guard !isEmpty else { return (bytes, []) }
        var shown: [UInt8] = []
        shown.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            switch match(in: bytes, at: index, isEnd: isEnd) {
            case .none:
                shown.append(bytes[index])
                index += 1
            case .pattern(let count):
                shown += Self.mask
                index += count
            case .beginning: return (shown, Array(bytes[index...]))
            }
        }
        return (shown, [])
    }

    /// What begins at a place.
    private enum Match {
        case none
        /// The longest pattern there, by its length.
        case pattern(Int)
        /// The bytes end while they may still become one.
        case beginning
    }

    private func match(in bytes: [UInt8], at index: Int, isEnd: Bool) -> Match {
        let left = bytes.count - index
        guard left >= Self.shortest else {
            return !isEnd && beginnings.contains(Array(bytes[index...])) ? .beginning : .none
        }
        guard pairs[Int(bytes[index]) << 8 | Int(bytes[index + 1])], let bucket = byHead[Self.head(bytes, index)] else {
            return .none
        }
        for pattern in bucket {
            if pattern.count <= left {
                if Self.has(bytes, at: index, pattern, count: pattern.count) { return .pattern(pattern.count) }
            } else if !isEnd, Self.has(bytes, at: index, pattern, count: left) {
                return .beginning
            }
        }
        return .none
    }

    private static func has(_ bytes: [UInt8], at index: Int, _ pattern: [UInt8], count: Int) -> Bool {
        for offset in shortest..<max(count, shortest) where bytes[index + offset] != pattern[offset] { return false }
        return true
    }

    private static func head(_ bytes: [UInt8], _ index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }
}
