import ArgumentParser
import Contexts
import Foundation
import ResourceAPI
import TestSupport
import Testing

@testable import slipway

/// The cases that say what a context holds, through the code of the commands that show it.
struct ContextConformanceTests {
    private func object(_ json: JSONDocument) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.text().utf8)) as? [String: Any])
    }

    // MARK: context ls

    /// What `ls --json` writes, the error included.
    private func list(_ folder: String, _ item: TreeCase, usesDockerRules: Bool) async throws -> [String: Any] {
        do {
            let context = try await ContextSource(
                folder, dockerfile: item.dockerfile, usesDockerRules: usesDockerRules, directory: folder
            ).prepare()
            return try object(try ContextListing(context).json)
        } catch {
            return try object(JSONDocument(error: error))
        }
    }

    /// A path as the data has it, for comparing.
    private func text(_ path: Any?) -> String? {
        (path as? String) ?? ((path as? [String: Any])?["b64"] as? String).map { "b64 " + $0 }
    }

    private func text(_ path: CasePath) -> String {
        String(validating: path.bytes, as: UTF8.self) ?? "b64 " + Data(path.bytes).base64EncodedString()
    }

    @Test(arguments: ConformanceCases.folderThemes)
    func `ls lists what the cases say, by our rules and by Docker's`(theme: String) async throws {
        for item in try ConformanceCases.load(theme, as: TreeCases.self).cases {
            try await withTemporaryFolder { folder in
                for node in item.tree { try node.make(in: folder) }
                for usesDockerRules in [false, true] {
                    let found = try await list(folder, item, usesDockerRules: usesDockerRules)

                    let comment = Comment(rawValue: "\(item.id): \(item.title)")
                    guard item.expect.error == nil else {
                        let error = try #require(found["error"] as? [String: Any], comment)
                        #expect(error["code"] as? String == item.expect.error, comment)
                        #expect((error["message"] as? String)?.isEmpty == false, comment)
                        let hasLine = ["invalid-pattern", "line-too-long"].contains(item.expect.error)
                        #expect((error["line"] != nil) == hasLine, comment)
                        continue
                    }
                    let expect = item.expect
                    let included = usesDockerRules ? expect.included : expect.included_local ?? expect.included
                    let carried = (usesDockerRules ? expect.carried : expect.carried_local ?? expect.carried) ?? []
                    #expect((found["included"] as? [Any])?.map(text) == included.map(text), comment)
                    #expect((found["carried"] as? [Any])?.map(text) == carried.map(text), comment)
                    #expect(found["dockerfile_path"] as? String == expect.dockerfile_path, comment)
                    #expect(found["ignore_file"] as? String == item.ignore_file, comment)
                    try compare(found, expect, comment)
                }
            }
        }
    }

    private func compare(_ found: [String: Any], _ expect: TreeCase.Expectation, _ comment: Comment) throws {
        let entries = try #require(found["entries"] as? [[String: Any]], comment)
        var bytes: Int64 = 0
        var byPath: [String: [String: Any]] = [:]
        for entry in entries {
            bytes += (entry["size"] as? NSNumber)?.int64Value ?? 0
            byPath[try #require(text(entry["path"]), comment)] = entry
        }
        #expect((found["bytes"] as? NSNumber)?.int64Value == bytes, comment)
        for wanted in expect.entries ?? [] {
            let entry = try #require(byPath[text(wanted.path)], comment)
            #expect(entry["type"] as? String == wanted.type, comment)
            #expect(entry["mode"] as? String == wanted.mode, comment)
            #expect((entry["size"] as? NSNumber)?.int64Value == wanted.size, comment)
            #expect(text(entry["target"]) == wanted.target.map(text), comment)
        }
    }

    // MARK: context match

    private struct MatchFile: Decodable {
        struct Case: Decodable {
            let rules: [String]
            let path: String
            let excluded: Bool?
            let error: String?
        }

        let cases: [Case]
    }

    @Test func `match decides on the random cases as they say`() throws {
        for item in try ConformanceCases.load("match-random", as: MatchFile.self).cases {
            let rules = Array(item.rules.joined(separator: "\n").utf8)
            func match() throws -> String {
                try ContextMatch.text(for: rules, file: "rules", paths: [item.path], asJSON: true)
            }

            guard item.error == nil else {
                let error = #expect(throws: ContextError.self, "\(item)") { try match() }
                #expect(error?.code == item.error, "\(item)")
                continue
            }
            let found = try JSONDecoder().decode([[String: JSONDocument]].self, from: Data(try match().utf8))
            #expect(found == [["path": .text(item.path), "excluded": .flag(item.excluded ?? false)]], "\(item)")
        }
    }

    @Test(arguments: ["parse", "glob", "exception"])
    func `match decides on the files of the trees as ls does`(theme: String) throws {
        for item in try ConformanceCases.load(theme, as: TreeCases.self).cases where item.expect.error == nil {
            guard let file = item.tree.first(where: { $0.path == item.ignore_file && $0.path != nil }) else { continue }
            let rules = file.content.map { Array($0.utf8) } ?? Array(file.content_b64 ?? Data())
            // As bytes: texts that differ only in how they are composed are equal.
            let included = Set(item.expect.included.map(\.bytes))
            // Of folders, being listed may only mean that something below is kept.
            let paths = item.tree.filter { $0.type != "dir" }.compactMap(\.path)

            let json = try ContextMatch.text(for: rules, file: "rules", paths: paths, asJSON: true)

            let found = try JSONDecoder().decode([[String: JSONDocument]].self, from: Data(json.utf8))
            let expected: [[String: JSONDocument]] = paths.map {
                ["path": .text($0), "excluded": .flag(!included.contains(Array($0.utf8)))]
            }
            #expect(found == expected, "\(item.id)")
        }
    }

    // MARK: context parse

    @Test func `parse reads the references as the cases say`() throws {
        for item in try ConformanceCases.load("refs", as: ReferenceCases.self).cases {
            guard item.expect.kind != "error" else {
                let error = #expect(throws: ContextError.self, "\(item.input)") {
                    try ContextLocation(item.input, localPath: FolderContext.localPath)
                }
                #expect(error?.code == item.expect.reason, "\(item.input)")
                continue
            }
            let location = try ContextLocation(item.input, localPath: FolderContext.localPath)

            var expected: [String: JSONDocument] = ["kind": .text(item.expect.kind)]
            if item.expect.kind == "git" {
                expected["remote"] = item.expect.remote.map { .text($0) }
                expected["ref"] = item.expect.ref.map { .text($0) } ?? .null
                expected["subdir"] = item.expect.subdir.map { .text($0) } ?? .null
            }
            #expect(ContextParse.json(location) == .object(expected), "\(item.input)")
            if let secret = item.expect.secret {
                #expect(!ContextParse.text(location).contains(secret), "\(item.input)")
            }
        }
    }
}
