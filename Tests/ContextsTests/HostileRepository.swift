import Foundation
import TestSupport
import Testing

@testable import Contexts

/// A member of `Tests/Hostile/repositories.json`, and how it is made.
struct HostileRepository: Decodable, Sendable, CustomTestStringConvertible {
    struct Entry: Decodable {
        let name: String
        let mode: String
        let content: HostileBytes?
        /// So many bytes that can't be compressed.
        let random: Int?
        let tree: [Entry]?
        /// How often the tree is put into a tree that holds it ten times.
        let nested: Int?
    }

    let name: String
    let rule: String
    let tree: [Entry]
    let config: [[String]]?
    let hooks: [String]?
    let branch: String?
    let reference: String?
    let limits: HostileArchive.Limits?
    let accepted: [HostileArchive.Accepted]?
    let refused: [String]?
    let apiCode: String?

    var testDescription: String { "\(rule) \(name)" }

    static let all: [HostileRepository] = {
        struct File: Decodable { let members: [HostileRepository] }
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        guard let data = try? Data(contentsOf: folder.appending(path: "Hostile/repositories.json")) else { return [] }
        do {
            return try JSONDecoder().decode(File.self, from: data).members
        } catch {
            print("Tests/Hostile/repositories.json: \(error)")
            return []
        }
    }()

    /// What stands for the values of one test in texts.
    struct Places {
        let port: UInt16
        let canary: String
        let hooks: String

        func fill(_ text: String) -> String {
            text.replacing("{port}", with: "\(port)").replacing("{canary}", with: canary).replacing(
                "{hooks}", with: hooks)
        }
    }

    /// Makes it as `app.git`.
    func make(in fixture: GitFixture, _ places: Places) async throws {
        let path = fixture.repositories + "/app.git"
        let branch = branch ?? "main"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try await fixture.git(["init", "--quiet", "--bare", "--initial-branch=main"], in: "app.git")
        let tree = try await write(tree, in: fixture, places)
        let commit = try await fixture.git(["--git-dir=.", "commit-tree", tree, "-m", "commit"], in: "app.git")
        try TestSupport.write(commit + "\n", to: "\(path)/refs/heads/\(branch)")
        try TestSupport.write("ref: refs/heads/\(branch)\n", to: path + "/HEAD")
        for setting in config ?? [] {
            try await fixture.git(
                ["config", "--file", path + "/config", setting[0], places.fill(setting[1])], in: "app.git")
        }
        for hook in hooks ?? [] {
            try TestSupport.write("#!/bin/sh\ntouch \(places.canary)\n", to: "\(path)/hooks/\(hook)")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(path)/hooks/\(hook)")
        }
    }

    private func write(_ entries: [Entry], in fixture: GitFixture, _ places: Places) async throws -> String {
        var content: [UInt8] = []
        for entry in entries {
            let id: String
            if let tree = entry.tree {
                var inner = try await write(tree, in: fixture, places)
                for _ in 1..<max(1, entry.nested ?? 1) {
                    let ten = (0..<10).flatMap { Self.record("40000", "d\($0)", inner) }
                    inner = try await writeObject("tree", ten, in: fixture)
                }
                id = inner
            } else if entry.mode == "160000" {
                id = String(repeating: "1", count: 40)
            } else {
                var bytes = Array(places.fill(String(decoding: entry.content?.bytes ?? [], as: UTF8.self)).utf8)
                var random = SystemRandomNumberGenerator()
                bytes += (0..<(entry.random ?? 0)).map { _ in UInt8.random(in: 0...255, using: &random) }
                id = try await writeObject("blob", bytes, in: fixture)
            }
            content += Self.record(entry.mode, entry.name, id)
        }
        return try await writeObject("tree", content, in: fixture)
    }

    private static func record(_ mode: String, _ name: String, _ id: String) -> [UInt8] {
        Array("\(mode) \(name)".utf8) + [0] + HostileBytes.bytes(hex: id)
    }

    private func writeObject(_ type: String, _ bytes: [UInt8], in fixture: GitFixture) async throws -> String {
        let file = fixture.folder + "/object-" + UUID().uuidString
        try Data(bytes).write(to: URL(filePath: file))
        return try await fixture.git(
            ["--git-dir=.", "hash-object", "-t", type, "-w", "--literally", file], in: "app.git")
    }
}
