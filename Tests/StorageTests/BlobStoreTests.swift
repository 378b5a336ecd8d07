import Foundation
import Storage
import TaskModel
import TestSupport
import Testing

struct BlobStoreTests {
    private func withUploads(maxBytes: Int64 = 1000, _ body: (BlobStore, String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder async throws in
            try await body(BlobStore(directory: folder, maxBytes: maxBytes), folder)
        }
    }

    private func stream(_ chunks: [UInt8]..., failing: Bool = false) -> AsyncThrowingStream<[UInt8], any Error> {
        AsyncThrowingStream { continuation in
            for chunk in chunks { continuation.yield(chunk) }
            continuation.finish(throwing: failing ? CancellationError() : nil)
        }
    }

    @Test func `an upload is there whole`() async throws {
        try await withUploads { uploads, _ in
            try await uploads.put("a.tar.gz", stream([1, 2], [3]))

            let path = try #require(try uploads.file("a.tar.gz"))
            #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3]))
        }
    }

    @Test func `F12 an upload that breaks off leaves nothing`() async throws {
        try await withUploads { uploads, folder async throws in
            await #expect(throws: CancellationError.self) {
                try await uploads.put("a.tar.gz", stream([1, 2], failing: true))
            }

            #expect(try uploads.file("a.tar.gz") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func `two that write under one name at a time don't write into one file`() async throws {
        try await withUploads { uploads, folder async throws in
            try await uploads.put("a", stream([1, 2, 3]), by: "first") {
                try await uploads.put("a", stream([4]), by: "second")
            }
            #expect(FileManager.default.contents(atPath: folder + "/a") == Data([1, 2, 3]))

            await #expect(throws: CancellationError.self) {
                try await uploads.put("a", stream([5]), by: "third") { throw CancellationError() }
            }
            #expect(FileManager.default.contents(atPath: folder + "/a") == Data([1, 2, 3]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test(arguments: [(9, true), (10, true), (11, false)])
    func `S8 the limit holds to the byte`(size: Int, isAccepted: Bool) async throws {
        try await withUploads(maxBytes: 10) { uploads, _ in
            let bytes = [UInt8](repeating: 0, count: size)

            if isAccepted {
                try await uploads.put("a", stream(bytes))
            } else {
                await #expect(throws: StorageError.blobTooLarge(limit: 10)) {
                    try await uploads.put("a", stream(bytes))
                }
            }
        }
    }

    @Test func `blocks are put together in the order of the list`() async throws {
        try await withUploads { uploads, folder in
            try await uploads.put("b-2", stream([3, 4]))
            try await uploads.put("b-1", stream([1, 2]))
            try await uploads.assemble("whole", from: ["b-1", "b-2"])

            let path = try #require(try uploads.file("whole"))
            #expect(FileManager.default.contents(atPath: path) == Data([1, 2, 3, 4]))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["whole"])
        }
    }

    @Test(arguments: ["../x", "a/b", "", ".hidden", "a\0b", "a b"])
    func `a name can't lead anywhere else`(name: String) async throws {
        try await withUploads { uploads, _ in
            await #expect(throws: StorageError.invalidName(name)) { try await uploads.put(name, stream([1])) }
        }
    }
}

struct DiskReserveTests {
    @Test func `F7 below the reserve nothing new is taken, and what is there stays readable`() async throws {
        try await withStore { _, database, folder async throws in
            let full = DiskReserve(path: folder, bytes: .max)
            let uploads = BlobStore(directory: folder, maxBytes: 10, reserve: full)
            let runs = SQLiteRunStore(database: database, box: SecretBox(key: TestData.key), reserve: full)

            await #expect(throws: StorageError.self) {
                try await uploads.put("a", AsyncStream<[UInt8]> { $0.finish() })
            }
            await #expect(throws: StorageError.self) { try await runs.enqueueTest() }
            #expect(try await runs.list(registry: "local01", .init(), before: nil, limit: 1).isEmpty)
            try DiskReserve(path: folder, bytes: 0).check()
        }
    }
}
