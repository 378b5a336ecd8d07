import GRDB
import TaskModel

extension TestServer {
    /// Lets the database refuse every change of a run's status meanwhile.
    ///
    /// - Parameter run: the only one that it is about.
    func whileNoRunMoves(only run: RunID? = nil, _ work: () async throws -> Void) async throws {
        let condition = run.map { "WHEN OLD.id = '\($0.text)'" } ?? ""
        let other = try DatabaseQueue(path: folder + "/db.sqlite")
        try await other.write {
            try $0.execute(
                sql: """
                    CREATE TRIGGER away BEFORE UPDATE OF status ON run \(condition)
                    BEGIN SELECT RAISE(ABORT, 'away'); END
                    """)
        }
        try await work()
        try await other.write { try $0.execute(sql: "DROP TRIGGER away") }
    }
}
