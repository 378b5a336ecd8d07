import Foundation
import TestSupport
import Testing

@testable import slipway_server

struct DataDirectoryTests {
    @Test func `the folder and what is in it are made for the owner alone`() async throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a/b/data"

            let directory = try DataDirectory(opening: path)

            #expect(try mode(of: path) == 0o700)
            for part in DataDirectory.Folder.allCases { #expect(try mode(of: directory.path(of: part)) == 0o700) }
            #expect(try mode(of: "\(path)/lock") == 0o600)
            #expect(try mode(of: "\(folder)/a") == 0o755)
        }
    }

    @Test func `a folder that is there keeps its mode`() async throws {
        try withTemporaryFolder { folder in
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)

            _ = try DataDirectory(opening: folder)

            #expect(try mode(of: folder) == 0o755)
        }
    }

    @Test func `F13 - a second server on the same folder does not start`() async throws {
        try withTemporaryFolder { folder in
            let first = try DataDirectory(opening: folder)

            let error = #expect(throws: DataDirectoryError.self) { try DataDirectory(opening: folder) }

            #expect(error == .inUse(folder, process: Int(ProcessInfo.processInfo.processIdentifier)))
            withExtendedLifetime(first) {}
        }
    }

    @Test func `the folder is free again when its server is gone`() async throws {
        try withTemporaryFolder { folder in
            do { _ = try DataDirectory(opening: folder) }

            _ = try DataDirectory(opening: folder)
        }
    }

    @Test(arguments: [("file", "Not a directory"), ("file/data", "Not a directory"), ("/proc/slipway-data", "")])
    func `a folder that can't be made is an error that says so`(name: String, reason: String) async throws {
        try withTemporaryFolder { folder in
            try write("", to: "\(folder)/file")
            let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"

            let error = #expect(throws: DataDirectoryError.self) { try DataDirectory(opening: path) }

            let message = "\(try #require(error))"
            #expect(message.contains(path) && message.contains("--data"))
        }
    }

    @Test func `files are replaced whole, for the owner alone`() async throws {
        try withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            try write("left by a crash", to: "\(folder)/keys/x.new")

            try directory.write([1, 2, 3], to: "keys/x")
            try directory.write([4], to: "keys/x")

            #expect(try directory.read("keys/x") == [4])
            #expect(try mode(of: "\(folder)/keys/x") == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/keys") == ["x"])
            #expect(try directory.read("keys/y") == nil)
        }
    }

    @Test func `a file that can't be written leaves nothing behind`() async throws {
        try withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: folder)
            try FileManager.default.createDirectory(atPath: "\(folder)/keys/x/y", withIntermediateDirectories: true)

            #expect(throws: DataDirectoryError.self) { try directory.write([1], to: "keys/x") }
            #expect(throws: DataDirectoryError.self) { try directory.write([1], to: "nowhere/x") }

            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/keys") == ["x"])
        }
    }

    @Test func `a new file is not written through a link that waits at its place`() async throws {
        try withTemporaryFolder { folder in
            let directory = try DataDirectory(opening: "\(folder)/data")
            try write("precious", to: "\(folder)/other")
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/data/x.new", withDestinationPath: "\(folder)/other")

            try directory.write([1], to: "x")

            #expect(try String(contentsOfFile: "\(folder)/other", encoding: .utf8) == "precious")
        }
    }
}
