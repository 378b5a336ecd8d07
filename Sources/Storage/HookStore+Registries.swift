import GRDB

/// Hooks that registries call: one of a name in each registry.
extension HookStore {
    /// Writes what `change` makes of the hook of a name, in its place: in one transaction.
    ///
    /// - Parameter change: is given that hook, nil if there is none, and how many the registry has.
    public func update(
        _ name: String, of registry: String, _ change: @escaping @Sendable (Hook?, _ count: Int) throws -> Hook
    ) async throws -> Hook {
        try await database.pool.write { db in
            let known = try Row.fetchOne(
                db, sql: "SELECT * FROM hook WHERE registry = ? AND task = '' AND trigger = ?",
                arguments: [registry, name]
            ).flatMap(hook)
            let count = try Int.fetchOne(
                db, sql: "SELECT count(*) FROM hook WHERE registry = ? AND task = ''", arguments: [registry])
            let new = try change(known, count ?? 0)
            guard new != known else { return new }
            try db.execute(
                sql: "DELETE FROM hook WHERE registry = ? AND task = '' AND trigger = ?",
                arguments: [registry, name])
            try put(new, db)
            return new
        }
    }
}
