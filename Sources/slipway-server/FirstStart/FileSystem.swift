import CoreFoundation
import Glibc

/// Why a file or folder could not be used: the step that failed, and the system's reason.
struct FileError: Error, Equatable, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path): \(reason)" }
}

/// The text of the system's last error.
func systemReason(_ code: CInt = errno) -> String {
    String(cString: strerror(code))
}

/// Reads a whole file.
///
/// - Parameter limit: in bytes; a larger file is an error.
func readFile(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, reason: systemReason()) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw FileError(path: path, reason: systemReason()) }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
        guard bytes.count <= limit else { throw FileError(path: path, reason: "it has more than \(limit) bytes") }
    }
}

/// Makes a folder and those above it. One that exists is left as it is.
///
/// - Parameter mode: of the last folder; those above it that have to be made get 0755.
func makeFolder(_ path: String, mode: mode_t) throws(FileError) {
    if isFolder(path) { return }
    let parent = folder(of: path)
    if !parent.isEmpty, !isFolder(parent) { try makeFolder(parent, mode: 0o755) }
    guard mkdir(path, mode) == 0 || (errno == EEXIST && isFolder(path)) else {
        throw FileError(path: path, reason: systemReason())
    }
}

func isFolder(_ path: String) -> Bool {
    // A path that ends in a slash is only there if it is a folder.
    faccessat(AT_FDCWD, path + "/", F_OK, 0) == 0
}

/// Whether something is there, be it that it can't be read.
func exists(_ path: String) -> Bool {
    faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT
}

/// The path without its last component; empty for a name alone.
func folder(of path: String) -> String {
    var trimmed = path[...]
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    guard let slash = trimmed.lastIndex(of: "/") else { return "" }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
}

/// Writes a file so that after a crash either the old or the new one is there, whole, and for its owner alone.
func replaceFile(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let temporary = path + ".new"
    // Left behind by a crash, or put there by someone else: never written through.
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw FileError(path: temporary, reason: systemReason()) }
    do throws(FileError) {
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: temporary)
        try giveToOwner(ofFolderOf: temporary)
        guard fsync(descriptor) == 0 else {
            throw FileError(path: temporary, reason: systemReason())
        }
    } catch {
        unlink(temporary)
        throw error
    }
    guard rename(temporary, path) == 0 else {
        let reason = systemReason()
        unlink(temporary)
        throw FileError(path: path, reason: reason)
    }
    try syncFolder(folder(of: path))
}

/// Gives a file or folder that root has made to the owner of the folder it is in: the server's user has to read it.
func giveToOwner(ofFolderOf path: String) throws(FileError) {
    guard geteuid() == 0 else { return }
    var status = stat()
    guard stat(folder(of: path), &status) == 0, lchown(path, status.st_uid, status.st_gid) == 0 else {
        throw FileError(path: path, reason: systemReason())
    }
}

private func writeAll(_ bytes: [UInt8], to descriptor: CInt, path: String) throws(FileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw FileError(path: path, reason: systemReason()) }
        rest = rest.dropFirst(count)
    }
}

private func syncFolder(_ path: String) throws(FileError) {
    let descriptor = open(path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: path, reason: systemReason()) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError(path: path, reason: systemReason()) }
}

/// The name of this machine; nil if it has none that could stand in a URL.
func machineName() -> String? {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return nil }
    let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).lowercased()
    return isHostName(name) ? name : nil
}
