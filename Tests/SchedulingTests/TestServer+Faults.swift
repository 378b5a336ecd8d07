import GRDB
import TaskModel

extension TestServer {
    /// Lets the database refuse every change of a run's status meanwhile.
    ///
    /// - Parameter run: the only one that it is about.
    func whileNoRunMoves(only run: RunID? = nil, _ work: () async throws -> Void) async throws {
        try await refusing("UPDATE OF status ON run \(run.map { "WHEN OLD.id = '\($0.text)'" } ?? "")", work)
    }

    /// Lets the database refuse every change of a timer meanwhile.
    func whileNoTimerMoves(_ work: () async throws -> Void) async throws {
        try await refusing("UPDATE ON timer", work)
    }

    private func refusing(_ change: String, _ work: () async throws -> Void) async throws {
        try await execute("CREATE TRIGGER away BEFORE \(change) BEGIN SELECT RAISE(ABORT, 'away'); END")
        try await work()
        try await execute("DROP TRIGGER away")
    }

    /// Makes a task one that can't be read, as after the loss of its key.
    func spoil(task: String) async throws {
        try await execute("UPDATE task SET document = 'lost' WHERE name = '\(task)'")
    }

    /// Makes a run one that can't be read.
    func spoil(run: RunID) async throws {
        try await execute("UPDATE run SET request = 'lost' WHERE id = '\(run.text)'")
    }

    private func execute(_ sql: String) async throws {
        try await DatabaseQueue(path: folder + "/db.sqlite").write { try $0.execute(sql: sql) }
    }
}
