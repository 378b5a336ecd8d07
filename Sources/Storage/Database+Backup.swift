public import Foundation
import GRDB
public import TaskModel

extension Database {
    /// Copies the database of a server that may be running, as it was at one moment. The connection only reads: it never
    /// checkpoints, which is for the server's one writing connection.
    ///
    /// - Parameters:
    ///   - path: of the server's file.
    ///   - copy: where there is no file yet.
    public static func copy(_ path: String, to copy: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(30)
        let source = try DatabaseQueue(path: path, configuration: configuration)
        let target = try DatabaseQueue(path: copy)
        try source.backup(to: target)
        try target.close()
    }

    /// How often the database was restored from a backup, plus one.
    public func generation() async throws -> Int64 {
        try await pool.read { try Int64.fetchOne($0, sql: "SELECT number FROM generation") ?? 1 }
    }

    /// Makes a database that was just restored ready for a server. What happened after the backup is not known, so runs that had not
    /// ended end as Error: they may have been carried out since. No id of a run that the backup does not know is given again, as long
    /// as those were fewer than 46,656.
    ///
    /// - Returns: the new generation, and the runs that ended.
    public func beginGeneration(because message: String, at now: Date) async throws -> (number: Int64, ended: [RunID]) {
        try await pool.write { db in
            let ended = try String.fetchAll(
                db,
                sql: """
                    UPDATE run SET status = 'Error', errorMessage = ?, finishTime = ?, lastUpdatedTime = ?, waitReason = NULL
                    WHERE status IN ('Queued', 'Started', 'Running') RETURNING id
                    """, arguments: [message, now.storedMilliseconds, now.storedMilliseconds])
            // A lease of before means nothing any more, whatever state its run is in.
            try db.execute(sql: "UPDATE run SET lease = NULL")
            try db.execute(sql: "UPDATE sqlite_sequence SET seq = seq + 46656 WHERE name = 'run'")
            if db.changesCount == 0 {
                try db.execute(sql: "INSERT INTO sqlite_sequence (name, seq) VALUES ('run', 46656)")
            }
            try db.execute(sql: "UPDATE generation SET number = number + 1")
            let number = try Int64.fetchOne(db, sql: "SELECT number FROM generation") ?? 1
            return (number, ended.compactMap { RunID($0) })
        }
    }
}
