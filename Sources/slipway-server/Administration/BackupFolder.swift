import Foundation
import Storage

/// A backup on the disk: a data folder without what can be made again.
enum BackupFolder {
    private static let database = "db/slipway.sqlite"
    private static let folders: [DataDirectory.Folder] = [.keys, .tls]

    /// Copies a data folder. The folder appears under its name only when it is whole.
    ///
    /// - Returns: bytes of the database.
    /// - Throws: ``BackupError``, ``DataDirectoryError``
    static func make(_ path: String, of directory: DataDirectory, withLogs: Bool) throws -> Int64 {
        let path = absolutePath(path, from: nil)
        guard !exists(path) else { throw BackupError.exists(path) }
        let partial = path + ".partial"
        try? FileManager.default.removeItem(atPath: partial)  // of a try that did not come to its end
        try makeFolder(partial, mode: 0o700)
        do {
            try makeFolder(partial + "/db", mode: 0o700)
            // Before the logs: they may know more of a run than its record then, never less.
            try Database.copy(directory.path(database), to: "\(partial)/\(database)")
            let size = try size(of: "\(partial)/\(database)")
            for folder in folders + (withLogs ? [.logs] : []) {
                let source = directory.path(of: folder)
                try copyFiles(
                    try FileManager.default.contentsOfDirectory(atPath: source), from: source,
                    to: "\(partial)/\(folder.rawValue)")
            }
            for file in [ServerIdentity.file, LocalClient.file] where exists(directory.path(file)) {
                try FileManager.default.copyItem(atPath: directory.path(file), toPath: "\(partial)/\(file)")
            }
            sync()
            guard rename(partial, path) == 0 else { throw BackupError.notWritten(path, reason: systemReason()) }
            return size
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            throw error
        }
    }

    /// Copies these files of a folder that a server may be working in: those that it has removed since are passed over.
    static func copyFiles(_ names: [String], from source: String, to target: String) throws {
        try makeFolder(target, mode: 0o700)
        for name in names {
            do {
                try FileManager.default.copyItem(atPath: "\(source)/\(name)", toPath: "\(target)/\(name)")
            } catch {
                guard !exists("\(source)/\(name)") else { throw error }
                try? FileManager.default.removeItem(atPath: "\(target)/\(name)")  // what of it had been copied
            }
        }
    }

    /// Makes a data folder of a backup.
    ///
    /// - Returns: the new generation, and how many runs ended with it.
    /// - Throws: ``BackupError``, ``DataDirectoryError``
    static func restore(_ backup: String, to data: String, at now: Date) async throws -> (generation: Int64, ended: Int)
    {
        let backup = absolutePath(backup, from: nil)
        let data = absolutePath(data, from: nil)
        guard exists("\(backup)/\(database)"), exists("\(backup)/\(ServerIdentity.file)") else {
            throw BackupError.noBackup(backup)
        }
        let present = try? FileManager.default.contentsOfDirectory(atPath: data)
        guard present?.isEmpty ?? !exists(data) else { throw BackupError.notEmpty(data) }
        // Beside it, so that a restore that breaks off leaves no half a data folder.
        let partial = data + ".restoring"
        try? FileManager.default.removeItem(atPath: partial)
        try FileManager.default.copyItem(atPath: backup, toPath: partial)
        let restored = try await begin(in: partial, at: now)
        sync()
        if present != nil { rmdir(data) }
        guard rename(partial, data) == 0 else { throw BackupError.notWritten(data, reason: systemReason()) }
        return restored
    }

    private static func begin(in path: String, at now: Date) async throws -> (generation: Int64, ended: Int) {
        let directory = try DataDirectory(opening: path)
        let database = try Database(path: directory.path(Self.database))
        let begun = try await database.beginGeneration(
            because:
                "restored from backup: what became of the run since is not known. Queue it again if it is still wanted",
            at: now)
        try database.close()
        try KeyRoll.rollLinks(in: directory)
        return (begun.number, begun.ended.count)
    }

    private static func size(of path: String) throws -> Int64 {
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        return size?.int64Value ?? 0
    }
}

/// Why a backup can't be made or used.
enum BackupError: Error, Equatable {
    case exists(String)
    case noBackup(String)
    case notEmpty(String)
    case notWritten(String, reason: String)
}

extension BackupError: CustomStringConvertible {
    var description: String {
        switch self {
        case .exists(let path): "\(path) is there already. Name a folder that is not, and remove old backups yourself."
        case .noBackup(let path):
            "\(path) is no backup: it has no database or no identity. Name a folder that 'backup' made."
        case .notEmpty(let path):
            "\(path) is not empty, and nothing there is overwritten. Move it away, or name another folder with --data."
        case .notWritten(let path, let reason): "\(path) can't be written: \(reason). See that the disk has room."
        }
    }
}
