import Foundation
import TestSupport
import Testing

@testable import slipway_server

struct BackupFolderTests {
    @Test func `files that the server removes meanwhile are passed over`() async throws {
        try await withTemporaryFolder { folder async throws in
            let logs = folder + "/logs"
            try makeFolder(logs, mode: 0o700)
            try Data([1]).write(to: URL(filePath: logs + "/ca1.log"))

            try BackupFolder.copyFiles(["ca0.log", "ca1.log"], from: logs, to: folder + "/copy")

            #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/copy") == ["ca1.log"])
        }
    }
}
