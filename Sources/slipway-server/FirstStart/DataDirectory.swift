import Glibc
import Synchronization

/// The folder with everything a server keeps, held by one server at a time.
///
/// The lock goes with this object: keep it for as long as the server runs. A visitor has no lock.
final class DataDirectory: Sendable {
    /// Sub-folders, each 0700.
    enum Folder: String, Sendable, CaseIterable {
        case db, logs, uploads, outputs, tls, keys, agent
    }

    /// Absolute.
    let path: String
    private let lock: CInt?
    private let writing = Mutex(())

    /// Makes the folder (0700) and its sub-folders where they are missing, and takes its lock.
    ///
    /// A folder that exists keeps its mode: what is inside is closed to others all the same.
    ///
    /// - Throws: ``DataDirectoryError``
    init(opening path: String) throws(DataDirectoryError) {
        let path = absolutePath(path, from: nil)
        do {
            try makeFolder(path, mode: 0o700)
            for folder in Folder.allCases { try makeFolder("\(path)/\(folder.rawValue)", mode: 0o700) }
        } catch {
            throw .notUsable(path, reason: "\(error)")
        }
        self.path = path
        lock = try Self.takeLock(of: path)
    }

    /// Visits the folder of a server that may be running.
    ///
    /// - Throws: ``DataDirectoryError/notUsable(_:reason:)`` if no server was set up there.
    init(visiting path: String) throws(DataDirectoryError) {
        let path = absolutePath(path, from: nil)
        guard isFolder("\(path)/\(Folder.keys.rawValue)") else {
            throw .notUsable(path, reason: "no server has been set up there, or you may not look into it")
        }
        self.path = path
        lock = nil
    }

    deinit {
        if let lock { close(lock) }
    }

    func path(of folder: Folder) -> String {
        "\(path)/\(folder.rawValue)"
    }

    /// The absolute path of a file by its path inside: `tls/ca.pem`.
    func path(_ file: String) -> String {
        "\(path)/\(file)"
    }

    /// The bytes of a file, by its path inside; nil if it is not there.
    func read(_ file: String, limit: Int = 1 << 20) throws(DataDirectoryError) -> [UInt8]? {
        let path = path(file)
        guard exists(path) else { return nil }
        do {
            return try readFile(path, limit: limit)
        } catch {
            throw .unreadable(path, reason: error.reason)
        }
    }

    /// Writes a file (0600), by its path inside, in one step and durably: after a crash it is the old or the new one.
    func write(_ bytes: [UInt8], to file: String) throws(DataDirectoryError) {
        try writing.withLock { _ throws(DataDirectoryError) in
            do throws(FileError) {
                try replaceFile(path(file), with: bytes)
            } catch {
                throw .notWritten(path(file), reason: error.reason)
            }
        }
    }

    /// Makes a folder (0700), by its path inside, unless it is there.
    func makeSubfolder(_ folder: String) throws(DataDirectoryError) {
        do throws(FileError) {
            try makeFolder(path(folder), mode: 0o700)
            try giveToOwner(ofFolderOf: path(folder))
        } catch {
            throw .notWritten(path(folder), reason: error.reason)
        }
    }

    /// The names of what is in a folder, by its path inside, in order; none if it is not there.
    func names(in folder: String) -> [String] {
        guard let stream = opendir(path(folder)) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, by its path inside. It may be gone already.
    func remove(_ file: String) throws(DataDirectoryError) {
        guard unlink(path(file)) == 0 || errno == ENOENT else {
            throw .notWritten(path(file), reason: systemReason())
        }
    }

    private static func takeLock(of path: String) throws(DataDirectoryError) -> CInt {
        let file = "\(path)/lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .notUsable(path, reason: "\(file): \(systemReason())") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(path, process: owner(file)) }
            throw .notUsable(path, reason: "it can't be locked: \(systemReason(code))")
        }
        // For the error of the next one; that it can be written also shows that the disk takes writes.
        let text = Array("\(getpid())\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            let reason = systemReason()
            close(descriptor)
            throw .notUsable(path, reason: "\(file) can't be written: \(reason)")
        }
        return descriptor
    }

    /// The process that wrote itself into the lock file.
    private static func owner(_ file: String) -> Int? {
        // Only for the text of an error, so an unreadable file is no second error.
        guard let bytes = try? readFile(file, limit: 64) else { return nil }
        return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }
}

/// Why the data folder can't be used.
enum DataDirectoryError: Error, Equatable {
    case notUsable(String, reason: String)
    /// Another server has it.
    case inUse(String, process: Int?)
    case unreadable(String, reason: String)
    case notWritten(String, reason: String)
    /// A file that is there but not what it should be.
    case damaged(String, reason: String)
}

extension DataDirectoryError: CustomStringConvertible {
    var description: String {
        switch self {
        case .notUsable(let path, let reason):
            """
            The data folder \(path) can't be used: \(reason). Make it writable for the user the server runs as, or \
            name another one with --data.
            """
        case .inUse(let path, let process):
            """
            Another slipway-server\(process.map { " (process \($0))" } ?? "") uses the data folder \(path). Stop it, \
            or name another folder with --data.
            """
        case .unreadable(let path, let reason):
            "\(path) can't be read: \(reason). Let the user the server runs as read it."
        case .notWritten(let path, let reason):
            "\(path) can't be written: \(reason). See that the disk has room and the user the server runs as may write."
        case .damaged(let path, let reason):
            "\(path) can't be used: \(reason)."
        }
    }
}
