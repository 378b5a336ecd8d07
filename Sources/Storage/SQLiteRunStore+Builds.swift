public import Foundation
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func setVertices(_ batch: BuildVertices, lease: String, at now: Date) async throws {
        try await database.pool.write { db in
            let run = try held(lease, at: now, db)
            let lane: StatementArguments = [run, batch.step, batch.platform?.description ?? ""]
            try db.execute(
                sql: "DELETE FROM buildVertex WHERE run = ? AND step = ? AND platform = ? AND attempt < ?",
                arguments: lane + [batch.attempt])
            try db.execute(
                sql: "UPDATE runStep SET omittedVertices = ? WHERE run = ? AND id = ?",
                arguments: [batch.omitted, run, batch.step])
            let known = try Int.fetchSet(
                db, sql: "SELECT position FROM buildVertex WHERE run = ? AND step = ? AND platform = ?", arguments: lane
            )
            var count =
                try Int.fetchOne(db, sql: "SELECT count(*) FROM buildVertex WHERE run = ?", arguments: [run]) ?? 0
            let statement = try db.makeStatement(
                sql: """
                    INSERT INTO buildVertex
                        (run, step, platform, position, attempt, number, name, status, error, startTime, finishTime, seconds, bytes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT (run, step, platform, position) DO UPDATE SET
                        attempt = excluded.attempt, number = excluded.number, name = excluded.name, status = excluded.status,
                        error = excluded.error, startTime = excluded.startTime, finishTime = excluded.finishTime,
                        seconds = excluded.seconds, bytes = excluded.bytes
                        WHERE buildVertex.attempt <= excluded.attempt
                    """)
            for vertex in batch.vertices {
                if !known.contains(vertex.position) {
                    guard count < BuildVertex.mostPerRun else { continue }
                    count += 1
                }
                try statement.execute(
                    arguments: lane + [
                        vertex.position, batch.attempt, vertex.number, vertex.name.shortened(to: 1024),
                        vertex.status.rawValue,
                        vertex.error?.shortened, vertex.startTime?.storedMilliseconds,
                        vertex.finishTime?.storedMilliseconds, vertex.seconds.map { min(max(0, $0), 1e9) },
                        vertex.bytes,
                    ])
            }
        }
    }

    public func builds(of id: RunID) async throws -> [BuildVertices] {
        try await database.pool.read { db in
            let omitted = try Dictionary(
                uniqueKeysWithValues: Row.fetchAll(
                    db,
                    sql: """
                        SELECT runStep.id AS step, omittedVertices FROM runStep JOIN run ON run.sequence = runStep.run
                        WHERE run.id = ?
                        """, arguments: [id.text]
                ).map { ($0["step"] as String, $0["omittedVertices"] as Int) })
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT buildVertex.* FROM buildVertex JOIN run ON run.sequence = buildVertex.run
                    WHERE run.id = ? ORDER BY buildVertex.step, buildVertex.platform, buildVertex.position
                    """, arguments: [id.text])
            var builds: [BuildVertices] = []
            for row in rows {
                let step: String = row["step"]
                let platform = Platform(stored: row["platform"])
                if builds.last?.step != step || builds.last?.platform != platform {
                    builds.append(
                        BuildVertices(
                            step: step, platform: platform, attempt: row["attempt"], vertices: [],
                            omitted: omitted[step] ?? 0))
                }
                builds[builds.count - 1].vertices.append(try vertex(row))
            }
            return builds
        }
    }

    private func vertex(_ row: Row) throws -> BuildVertex {
        guard let status = BuildVertex.Status(rawValue: row["status"]) else {
            throw StorageError.io(action: "read a vertex", reason: "its row holds unknown values")
        }
        return BuildVertex(
            position: row["position"], number: row["number"], name: row["name"], status: status, error: row["error"],
            startTime: (row["startTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            finishTime: (row["finishTime"] as Int64?).map(Date.init(storedMilliseconds:)), seconds: row["seconds"],
            bytes: row["bytes"])
    }
}

extension Platform {
    /// Empty for none.
    init?(stored text: String) {
        let parts = text.split(separator: "/").map(String.init)
        guard let os = parts.first else { return nil }
        self.init(os: os, architecture: parts.dropFirst().first, variant: parts.dropFirst(2).first)
    }
}
