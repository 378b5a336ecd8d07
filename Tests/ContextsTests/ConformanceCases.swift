import Foundation
import Testing

@testable import Contexts

/// The cases that say which files a context holds, shared with other implementations.
enum ConformanceCases {
    static func load<File: Decodable>(_ name: String, as type: File.Type) throws -> File {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Conformance/cases/context/\(name).json"))
        return try JSONDecoder().decode(File.self, from: data)
    }
}

/// A path as cases write it: text, or `{"b64": …}` if it is no UTF-8.
struct CasePath: Decodable, Hashable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        struct Encoded: Decodable { let b64: Data }
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            bytes = Array(text.utf8)
        } else {
            bytes = Array(try Encoded(from: decoder).b64)
        }
    }
}

struct TreeCases: Decodable {
    let cases: [TreeCase]
}

struct TreeCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Node: Decodable {
        let path: String?
        let path_b64: Data?
        let type: String
        let content: String?
        let content_b64: Data?
        let size: Int?
        let mode: String?
        let mtime: Double?
        let target: String?
        let dev: [UInt32]?

        var pathBytes: [UInt8] { path.map { Array($0.utf8) } ?? Array(path_b64 ?? Data()) }
    }

    struct Expectation: Decodable {
        struct Entry: Decodable {
            let path: CasePath
            let type: String
            let mode: String
            let size: Int64?
            let target: CasePath?
        }

        let error: String?
        let included: [CasePath]
        let included_local: [CasePath]?
        let carried: [CasePath]?
        let carried_local: [CasePath]?
        let dockerfile_path: String?
        let entries: [Entry]?
    }

    let id: String
    let title: String
    let tier: String?
    let tree: [Node]
    let dockerfile: String?
    let ignore_file: String?
    let patterns: [String]
    let expect: Expectation

    var testDescription: String { "\(id): \(title)" }
}
