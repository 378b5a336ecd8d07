import Glibc

/// Makes a folder and those that hold it, for its owner alone.
func makeDirectory(_ path: String) throws(ContextError) {
    for parent in parentPaths(of: Array(path.utf8)) where !parent.isEmpty {
        mkdir(String(decoding: parent, as: UTF8.self), 0o700)
    }
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .unreadable(path, reason: systemMessage()) }
}

/// The names in a folder; none if it can't be listed.
func listDirectory(_ path: String) -> [String] {
    guard let stream = opendir(path) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let found = readdir(stream) {
        let name = withUnsafeBytes(of: &found.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names
}

/// Removes a folder with all in it. Links are removed, not followed.
func removeTree(_ path: String) {
    for name in listDirectory(path) {
        let inner = path + "/" + name
        var status = stat()
        if lstat(inner, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { removeTree(inner) } else { unlink(inner) }
    }
    rmdir(path)
}

/// Writes a file that is not there yet, or anew, with exactly this mode.
func writeFile(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(ContextError) {
    let descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .unreadable(path, reason: systemMessage()) }
    defer { close(descriptor) }
    guard writeAll(bytes, to: descriptor), fchmod(descriptor, mode) == 0 else {
        throw .unreadable(path, reason: systemMessage())
    }
}

/// What a folder with all in it takes on the disk.
func bytesOnDisk(_ path: String) -> Int64 {
    listDirectory(path).reduce(0) { sum, name in
        var status = stat()
        guard lstat(path + "/" + name, &status) == 0 else { return sum }
        // In units of 512 bytes: stat(2).
        let own = Int64(status.st_blocks) * 512
        return sum + own + (status.st_mode & S_IFMT == S_IFDIR ? bytesOnDisk(path + "/" + name) : 0)
    }
}

/// Writes all of the bytes; false, with `errno`, if that can't be.
func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
    bytes.withUnsafeBytes { bytes in
        var written = 0
        while written < bytes.count {
            let count = write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
