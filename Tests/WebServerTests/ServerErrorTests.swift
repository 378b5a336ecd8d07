import HTTPTypes
import Storage
import Testing

@testable import WebServer

struct ServerErrorTests {
    @Test func `F9 a database that can't be used now, and a full disk, are worth another try`() {
        let busy = ServerError(StorageError.databaseUnavailable(reason: "x"))
        let full = ServerError(StorageError.io(action: "write to the database", reason: "x"))

        #expect(busy?.status == .serviceUnavailable)
        #expect(busy?.retryAfter != nil)
        #expect(full?.status == .serviceUnavailable)
        #expect(full?.code == "InsufficientStorage")
        #expect(full?.retryAfter != nil)
    }
}
