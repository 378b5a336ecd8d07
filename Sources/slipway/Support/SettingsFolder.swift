import Foundation
import Glibc

/// Where logins and tokens are kept: `$SLIPWAY_CONFIG_DIR`, else `$XDG_CONFIG_HOME/slipway`, else `~/.config/slipway`.
struct SettingsFolder {
    let path: String

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let folder = environment["SLIPWAY_CONFIG_DIR"], !folder.isEmpty {
            path = folder
        } else if let folder = environment["XDG_CONFIG_HOME"], !folder.isEmpty {
            path = folder + "/slipway"
        } else {
            path = (environment["HOME"] ?? "/root") + "/.config/slipway"
        }
    }

    /// Where things are kept that are of no use to people: `$XDG_STATE_HOME/slipway`, else `~/.local/state/slipway`.
    static func state(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        if let folder = environment["XDG_STATE_HOME"], !folder.isEmpty { return folder + "/slipway" }
        return (environment["HOME"] ?? "/root") + "/.local/state/slipway"
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// - Returns: nil if there is no such file.
    func read(_ name: String) throws(CommandError) -> [UInt8]? {
        guard access(file(name), F_OK) == 0 else { return nil }
        return try readFile(file(name))
    }

    /// Writes a file that only its owner can read, in one step: readers see the old or the new one.
    func write(_ bytes: [UInt8], to name: String) throws(CommandError) {
        let target = file(name)
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unwritable(file: path, reason: error.localizedDescription)
        }
        let temporary = target + ".\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unwritable(file: temporary, reason: String(cString: strerror(errno))) }
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        let failure = errno
        guard fchmod(descriptor, 0o600) == 0, close(descriptor) == 0, written == bytes.count,
            rename(temporary, target) == 0
        else {
            unlink(temporary)
            throw .unwritable(file: target, reason: String(cString: strerror(written == bytes.count ? errno : failure)))
        }
    }

    func remove(_ name: String) throws(CommandError) {
        guard unlink(file(name)) == 0 || errno == ENOENT else {
            throw .unwritable(file: file(name), reason: String(cString: strerror(errno)))
        }
    }
}

/// Reads a small file whole.
func readFile(_ path: String, limit: Int = 1 << 20) throws(CommandError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(file: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    return try readAll(descriptor, name: path, limit: limit)
}

/// Reads a descriptor to its end.
///
/// - Parameter limit: the most bytes.
func readAll(_ descriptor: Int32, name: String, limit: Int = 1 << 20) throws(CommandError) -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
        let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw .unreadable(file: name, reason: String(cString: strerror(errno))) }
        guard count > 0 else { return result }
        result += buffer[..<count]
        guard result.count <= limit else { throw .unreadable(file: name, reason: "it has more than \(limit) bytes") }
    }
}
