import CArchive
import Glibc

/// What a program may do though its user is not root, as file systems keep it in `security.capability`: the one
/// extended attribute that a context carries.
public struct FileCapability: Sendable, Hashable {
    public static let attribute = "security.capability"
    /// In a pax header.
    static let record = "SCHILY.xattr." + attribute

    /// The layout of `struct vfs_cap_data` in Linux: the version is in the last byte of the first word.
    private static let versionOffset = 3
    private static let sizeOfVersion2 = 20
    private static let sizeOfVersion3 = 24

    public let bytes: [UInt8]

    /// - Parameter value: of the attribute. Version 3, which also names the user that is root in a container of this
    ///   machine, becomes version 2.
    /// - Returns: nil if it is neither version.
    public init?(_ value: [UInt8]) {
        switch value.count {
        case Self.sizeOfVersion2 where value[Self.versionOffset] == 2:
            bytes = value
        case Self.sizeOfVersion3 where value[Self.versionOffset] == 3:
            var value = value
            value[Self.versionOffset] = 2
            bytes = Array(value.prefix(Self.sizeOfVersion2))
        default:
            return nil
        }
    }

    /// That of an open file; nil without one.
    init?(of descriptor: CInt) {
        var found = [UInt8](repeating: 0, count: 0)
        withUnsafeTemporaryAllocation(byteCount: Self.sizeOfVersion3, alignment: 4) { room in
            let count = fgetxattr(descriptor, Self.attribute, room.baseAddress, room.count)
            // Less than 0: without the attribute, or a file system that has none.
            if count > 0 { found = Array(room.prefix(count)) }
        }
        guard !found.isEmpty else { return nil }
        self.init(found)
    }
}
