import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

struct LogStoreTests {
    private func withLogs(_ body: (LogStore, RunID) throws -> Void) throws {
        try withTemporaryFolder { folder in try body(LogStore(directory: folder), RunID(sequence: 1)) }
    }

    @Test func `G1 an append at the end is stored, the same again is accepted, other bytes are not`() throws {
        try withLogs { logs, run throws in
            #expect(try logs.append(Array("abc".utf8), to: run, at: 0) == 3)
            #expect(try logs.append(Array("abc".utf8), to: run, at: 0) == 3)
            #expect(try logs.append(Array("cde".utf8), to: run, at: 2) == 5)
            #expect(throws: StorageError.logOffset(expected: 5)) { try logs.append(Array("xyz".utf8), to: run, at: 0) }
            #expect(throws: StorageError.logOffset(expected: 5)) { try logs.append(Array("f".utf8), to: run, at: 6) }
            #expect(try logs.append([], to: run, at: 5) == 5)
            #expect(throws: StorageError.logOffset(expected: 5)) { try logs.append([], to: run, at: 3) }

            #expect(try logs.read(run, from: 0, count: 100) == Array("abcde".utf8))
        }
    }

    @Test func `a log can be read from any place`() throws {
        try withLogs { logs, run throws in
            _ = try logs.append(Array("0123456789".utf8), to: run, at: 0)

            #expect(try logs.read(run, from: 3, count: 4) == Array("3456".utf8))
            #expect(try logs.read(run, from: 8, count: 4) == Array("89".utf8))
            #expect(try logs.read(run, from: 10, count: 4).isEmpty)
            #expect(try logs.read(RunID(sequence: 2), from: 0, count: 4).isEmpty)
        }
    }
}
