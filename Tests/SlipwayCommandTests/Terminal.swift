import Foundation

/// A terminal as a command sees it, and what stands on it.
final class Terminal: Sendable {
    private let master: FileHandle
    private let slavePath: String
    /// TIOCSPTLCK and TIOCGPTN, macros that Swift does not see.
    private static let setLock: CUnsignedLong = 0x4004_5431
    private static let getNumber: CUnsignedLong = 0x8004_5430

    init() throws {
        let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var unlocked: CInt = 0
        var number: CUnsignedInt = 0
        guard descriptor >= 0, ioctl(descriptor, Self.setLock, &unlocked) == 0,
            ioctl(descriptor, Self.getNumber, &number) == 0
        else {
            throw CocoaError(.fileReadUnknown)
        }
        master = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        slavePath = "/dev/pts/\(number)"
    }

    func openSlave() throws -> FileHandle {
        let descriptor = open(slavePath, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CocoaError(.fileReadUnknown) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func type(_ text: String) throws {
        try master.write(contentsOf: Data(text.utf8))
    }

    /// Reads until the screen is as wished, or the command has ended.
    @discardableResult
    func wait(until isReached: @escaping @Sendable (String) -> Bool) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [master] in
                var screen: [UInt8] = []
                var block = [UInt8](repeating: 0, count: 4096)
                while !isReached(String(decoding: screen, as: UTF8.self)) {
                    // The end is an input/output error here: nobody has the terminal open any more.
                    let count = read(master.fileDescriptor, &block, block.count)
                    guard count > 0 else { break }
                    screen += block[..<count]
                }
                continuation.resume(returning: String(decoding: screen, as: UTF8.self))
            }
        }
    }
}
