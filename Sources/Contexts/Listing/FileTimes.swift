import Crypto

/// The times that entries are sent with.
public enum FileTimes: Sendable {
    /// Their own, or this one, in seconds since 1970, where they are younger.
    case own(latest: Int64?)
    /// Files get a time of ``base`` and the 18 hours after it that follows from their content, to the nanosecond; all
    /// else gets ``base``.
    ///
    /// A daemon takes a file for unchanged if its time, size, mode and owner are, and never looks at the content. With
    /// these times it is right: other contents of equal size at one path get the same time once in 7·10¹³ cases.
    case contents(ContextKey?)

    /// 2000-01-01 00:00:00 UTC, in seconds since 1970.
    public static let base: Int64 = 946_684_800

    /// Nanoseconds since 1970 for each item.
    public func times(of items: [ContextListing.Item]) -> [Int64] {
        switch self {
        case .own(let latest):
            return items.map { Self.nanoseconds(min($0.entry.modified, latest ?? .max)) }
        case .contents(let key):
            var start = SHA256()
            start.update(data: key?.salt ?? [])
            return items.map { item in
                switch item.entry.kind {
                case .file, .hardLink: Self.time(of: item, start, isKept: key != nil)
                default: Self.nanoseconds(Self.base)
                }
            }
        }
    }

    private static func time(of item: ContextListing.Item, _ start: SHA256, isKept: Bool) -> Int64 {
        guard let id = item.contentID else {
            // What can't be known to be the same is new.
            return isKept ? time(from: .random(in: .min ... .max)) : nanoseconds(item.entry.modified)
        }
        var hash = start
        id.withBytes { hash.update(bufferPointer: $0) }
        // Daemons don't compare attributes either.
        if let capability = item.entry.capability { hash.update(data: capability.bytes) }
        return time(from: hash.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func time(from number: UInt64) -> Int64 {
        let seconds = base + Int64(number >> 30 & 0xffff)
        return seconds * 1_000_000_000 + Int64(number & 0x3fff_ffff) % 1_000_000_000
    }

    private static func nanoseconds(_ seconds: Int64) -> Int64 {
        let (result, isOver) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isOver ? 0 : result
    }
}
