import Foundation
import GRDB
public import TaskModel

/// Tasks in SQLite. The whole definition is one encrypted document, since tokens and passwords stand all over it.
public struct SQLiteTaskStore: TaskStore {
    let database: Database
    let box: SecretBox

    public init(database: Database, box: SecretBox) {
        self.database = database
        self.box = box
    }

    public func find(_ name: String, in registry: String) async throws -> TaskDefinition? {
        try await database.pool.read { db in try fetch(name, in: registry, db) }
    }

    public func list(registry: String) async throws -> [TaskDefinition] {
        try await database.pool.read { db in
            try String.fetchAll(
                db, sql: "SELECT document FROM task WHERE registry = ? ORDER BY name", arguments: [registry]
            ).compactMap(readable)
        }
    }

    public func names(in registry: String) async throws -> [String] {
        try await database.pool.read { db in
            try String.fetchAll(db, sql: "SELECT name FROM task WHERE registry = ?", arguments: [registry])
        }
    }

    public func update(
        _ name: String, in registry: String, _ change: @escaping @Sendable (TaskDefinition?) throws -> TaskDefinition
    ) async throws -> TaskDefinition {
        try await database.pool.write { db in
            let known = try document(of: name, in: registry, db)
            let task = try change(try known.flatMap(readable))
            try db.execute(
                sql: """
                    INSERT INTO task (registry, name, document, changeTime) VALUES (?, ?, ?, ?)
                    ON CONFLICT (registry, name) DO UPDATE
                        SET document = excluded.document, changeTime = excluded.changeTime
                    """, arguments: [registry, task.name, try seal(task), task.changed.at.storedMilliseconds])
            try TaskIndex.put(task, in: registry, db)
            return task
        }
    }

    public func delete(_ name: String, in registry: String) async throws -> Bool {
        try await database.pool.write { db in
            try db.execute(sql: "DELETE FROM task WHERE registry = ? AND name = ?", arguments: [registry, name])
            let isRemoved = db.changesCount > 0
            try TaskIndex.remove(name, of: registry, db)
            return isRemoved
        }
    }

    /// Writes the index anew of all tasks: of those too that earlier versions stored. What it says already of a task that has not changed
    /// stays.
    ///
    /// - Returns: the names of tasks that can't be read, with why: their index stays as it is.
    public func refreshIndex() async throws -> [(task: String, error: any Error)] {
        try await database.pool.write { db in
            var unreadable: [(task: String, error: any Error)] = []
            for row in try Row.fetchAll(db, sql: "SELECT registry, name, document FROM task") {
                let task: TaskDefinition
                do {
                    task = try open(row["document"])
                } catch {
                    unreadable.append((row["name"], error))
                    continue
                }
                try TaskIndex.put(task, in: row["registry"], db)
            }
            return unreadable
        }
    }

    private func fetch(_ name: String, in registry: String, _ db: GRDB.Database) throws -> TaskDefinition? {
        try document(of: name, in: registry, db).map(open)
    }

    private func document(of name: String, in registry: String, _ db: GRDB.Database) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT document FROM task WHERE registry = ? AND name = ?", arguments: [registry, name])
    }

    /// Nil for a task that can't be read any more, so that it holds up no others and can be written anew.
    private func readable(_ document: String) throws -> TaskDefinition? {
        try ifReadable { try open(document) }
    }

    private static let purpose = "task"

    private func seal(_ task: TaskDefinition) throws -> String {
        let encoder = JSONEncoder()
        if let key = Secret.revealing { encoder.userInfo[key] = true }
        return try box.seal(String(decoding: try encoder.encode(task), as: UTF8.self), for: Self.purpose)
    }

    private func open(_ document: String) throws -> TaskDefinition {
        try JSONDecoder().decode(
            TaskDefinition.self, from: Data(try box.open(document, for: Self.purpose).utf8))
    }
}
