import GRDB
import TaskModel
import Testing

@testable import Storage

struct DatabaseFailureTests {
    @Test func `F9 a full disk is told as such, and runs are accepted again once there is room`() async throws {
        try await withStore { store, database, _ async throws in
            func limit(pages: Int) async throws {
                try await database.pool.writeWithoutTransaction { db in
                    _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages)")
                }
            }
            try await limit(pages: 1)  // as many as there are

            let error = await #expect(throws: DatabaseError.self) {
                for _ in 0..<1000 { _ = try await store.enqueueTest() }
            }
            #expect(
                try StorageError(ofDatabase: #require(error))
                    == .io(action: "write to the database", reason: "the server's disk is full"))
            try await limit(pages: 1 << 20)
            _ = try await store.enqueueTest()
        }
    }

    @Test(arguments: [
        (ResultCode.SQLITE_BUSY, true), (.SQLITE_IOERR_WRITE, true), (.SQLITE_CONSTRAINT_UNIQUE, false),
    ])
    func `F9 what may pass is told from what does not`(code: ResultCode, mayPass: Bool) {
        let told = StorageError(ofDatabase: DatabaseError(resultCode: code))

        if case .databaseUnavailable = told { #expect(mayPass) } else { #expect(!mayPass && told == nil) }
    }
}
