import GRDB

extension TestServer {
    /// Lets the database refuse every change of a run's status meanwhile.
    func whileNoRunMoves(_ work: () async throws -> Void) async throws {
        let other = try DatabaseQueue(path: folder + "/db.sqlite")
        try await other.write {
            try $0.execute(
                sql: "CREATE TRIGGER away BEFORE UPDATE OF status ON run BEGIN SELECT RAISE(ABORT, 'away'); END")
        }
        try await work()
        try await other.write { try $0.execute(sql: "DROP TRIGGER away") }
    }
}
