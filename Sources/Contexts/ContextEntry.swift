/// A path relative to the root of a context: `/` between segments, no leading or trailing one, no `.` or `..`.
///
/// Names may hold any byte but `/` and NUL, so a path is bytes. Order is by segment, bytewise, as if `/` were smaller
/// than every other byte: a directory comes before what is in it, and `a/b` before `a-b`.
public struct EntryPath: Sendable, Hashable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The path as text; bytes that are no UTF-8 are shown as U+FFFD.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension EntryPath: Comparable, CustomStringConvertible {
    public static func < (left: EntryPath, right: EntryPath) -> Bool {
        left.bytes.withUnsafeBufferPointer { left in
            right.bytes.withUnsafeBufferPointer { right in
                var place = 0
                let end = min(left.count, right.count)
                while place < end, left[place] == right[place] { place += 1 }
                guard place < end else { return left.count < right.count }
                let (one, other) = (left[place], right[place])
                if one == UInt8(ascii: "/") { return true }
                return other != UInt8(ascii: "/") && one < other
            }
        }
    }

    public var description: String { text }
}

/// One file, directory or link of a context, as builders get it: owned by root, with the times of whole seconds.
public struct ContextEntry: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// With its size in bytes.
        case file(size: Int64)
        case directory
        /// With the text of the link, any bytes but NUL.
        case symbolicLink(target: [UInt8])
        /// Another name of an earlier file entry.
        case hardLink(target: EntryPath)
        case fifo
        case device(isCharacter: Bool, major: UInt32, minor: UInt32)
    }

    public var path: EntryPath
    public var kind: Kind
    /// Permission bits with set-user-id, set-group-id and sticky (07777).
    public var mode: UInt16
    /// Seconds since 1970, rounded down.
    public var modified: Int64
    /// Of files only.
    public var capability: FileCapability?

    public init(path: EntryPath, kind: Kind, mode: UInt16, modified: Int64, capability: FileCapability? = nil) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.modified = modified
        self.capability = capability
    }
}
