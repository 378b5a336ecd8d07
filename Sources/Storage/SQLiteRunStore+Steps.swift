public import Foundation
import GRDB
public import TaskModel

extension SQLiteRunStore {
    public func planSteps(_ steps: [StepResult], lease: String, at now: Date) async throws {
        try await database.pool.write { db in
            let run = try held(lease, at: now, db)
            try db.execute(sql: "DELETE FROM runStep WHERE run = ?", arguments: [run])
            let statement = try db.makeStatement(
                sql: """
                    INSERT INTO runStep
                        (run, position, id, kind, dependencies, status, launches, exitCode, message, startTime, finishTime)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for (position, step) in steps.enumerated() {
                let dependencies = String(decoding: try JSONEncoder().encode(step.dependencies), as: UTF8.self)
                try statement.execute(
                    arguments: [
                        run, position, step.id, step.kind.rawValue, dependencies, step.status.rawValue, step.launches,
                        step.exitCode, step.message?.shortened, step.startTime?.storedMilliseconds,
                        step.finishTime?.storedMilliseconds,
                    ])
            }
        }
    }

    public func setStep(_ step: StepResult, lease: String, at now: Date) async throws -> Bool {
        try await database.pool.write { db in
            let run = try held(lease, at: now, db)
            try db.execute(
                sql: """
                    UPDATE runStep SET status = ?, launches = ?, exitCode = ?, message = ?, startTime = ?, finishTime = ?
                    WHERE run = ? AND id = ?
                    """,
                arguments: [
                    step.status.rawValue, step.launches, step.exitCode, step.message?.shortened,
                    step.startTime?.storedMilliseconds, step.finishTime?.storedMilliseconds, run, step.id,
                ])
            return db.changesCount == 1
        }
    }

    public func steps(of id: RunID) async throws -> [StepResult] {
        try await database.pool.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT runStep.* FROM runStep JOIN run ON run.sequence = runStep.run
                    WHERE run.id = ? ORDER BY position
                    """, arguments: [id.text]
            ).map(step)
        }
    }

    /// The sequence of the run that the lease holds, which changes now.
    func held(_ lease: String, at now: Date, _ db: GRDB.Database) throws -> Int64 {
        let run = try Int64.fetchOne(
            db,
            sql: """
                UPDATE run SET lastUpdatedTime = ? WHERE lease = ? AND status IN ('Started', 'Running')
                RETURNING sequence
                """, arguments: [now.storedMilliseconds, lease])
        guard let run else { throw StorageError.leaseLost }
        return run
    }

    private func step(_ row: Row) throws -> StepResult {
        let id: String = row["id"]
        guard let kind = StepResult.Kind(rawValue: row["kind"]),
            let status = StepResult.Status(rawValue: row["status"])
        else { throw StorageError.io(action: "read step \(id)", reason: "its row holds unknown values") }
        return StepResult(
            id: id, kind: kind,
            dependencies: try JSONDecoder().decode([String].self, from: Data((row["dependencies"] as String).utf8)),
            status: status, launches: row["launches"], exitCode: row["exitCode"], message: row["message"],
            startTime: (row["startTime"] as Int64?).map(Date.init(storedMilliseconds:)),
            finishTime: (row["finishTime"] as Int64?).map(Date.init(storedMilliseconds:)))
    }
}

extension String {
    /// What is stored of a message: at most 4 KiB.
    var shortened: String { shortened(to: 4096) }

    func shortened(to limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(startIndex, offsetBy: limit - "…".utf8.count)
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return self[..<end] + "…"
    }
}
