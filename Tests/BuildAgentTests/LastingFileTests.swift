import Contexts
import DockerEngine
import Foundation
import TestSupport
import Testing

@testable import BuildAgent

struct LastingFileTests {
    @Test func `T6 an agent and its watchdog that begin at once know one owner`() async throws {
        try await withTemporaryFolder { folder in
            let client = try DockerClient(endpoint: "unix://\(folder)/none.sock")
            let owners = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        try await BlockingExecutor.shared.run {
                            try Daemon(client: client, directory: folder + "/names").owner
                        }
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }

            #expect(owners.count == 1)
        }
    }

    @Test func `T6 a lasting file that somebody is making is waited for`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/file"
            var lock = try FileLock(trying: path + ".lock", .exclusive)
            #expect(lock != nil)
            async let content = BlockingExecutor.shared.run {
                try LastingFile.content(of: path, count: 3) { Array("two".utf8) }
            }
            try Data("one".utf8).write(to: URL(fileURLWithPath: path))
            lock = nil

            #expect(try await content == Array("one".utf8))
            // One that a full disk cut short is made anew.
            #expect(try LastingFile.content(of: path, count: 5) { Array("three".utf8) } == Array("three".utf8))
        }
    }
}
