public import Foundation

/// The cases that say which files a context holds, shared with other implementations.
public enum ConformanceCases {
    public static func load<File: Decodable>(_ name: String, as type: File.Type) throws -> File {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Conformance/cases/context/\(name).json"))
        return try JSONDecoder().decode(File.self, from: data)
    }

    /// The themes whose cases are folders.
    public static let folderThemes = ["parse", "glob", "exception", "dockerfile", "vcs", "entries", "errors"]
}

/// A path as cases write it: text, or `{"b64": …}` if it is no UTF-8.
public struct CasePath: Decodable, Hashable, Sendable {
    public let bytes: [UInt8]

    public init(from decoder: any Decoder) throws {
        struct Encoded: Decodable { let b64: Data }
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            bytes = Array(text.utf8)
        } else {
            bytes = Array(try Encoded(from: decoder).b64)
        }
    }
}

public struct TreeCases: Decodable {
    public let cases: [TreeCase]
}

public struct TreeCase: Decodable, Sendable {
    public struct Node: Decodable, Sendable {
        public let path: String?
        public let path_b64: Data?
        public let type: String
        public let content: String?
        public let content_b64: Data?
        public let size: Int?
        public let mode: String?
        public let mtime: Double?
        public let target: String?
        public let dev: [UInt32]?

        public var pathBytes: [UInt8] { path.map { Array($0.utf8) } ?? Array(path_b64 ?? Data()) }
    }

    public struct Expectation: Decodable, Sendable {
        public struct Entry: Decodable, Sendable {
            public let path: CasePath
            public let type: String
            public let mode: String
            public let size: Int64?
            public let target: CasePath?
        }

        public let error: String?
        public let included: [CasePath]
        public let included_local: [CasePath]?
        public let carried: [CasePath]?
        public let carried_local: [CasePath]?
        public let dockerfile_path: String?
        public let entries: [Entry]?
    }

    public let id: String
    public let title: String
    public let tier: String?
    public let tree: [Node]
    public let dockerfile: String?
    public let ignore_file: String?
    public let patterns: [String]
    public let expect: Expectation
}

/// `context-refs/1`: the name of a context, and what it means.
public struct ReferenceCases: Decodable {
    public struct Case: Decodable, Sendable, CustomStringConvertible {
        public struct Expectation: Decodable, Sendable {
            public let kind: String
            public let remote: String?
            public let ref: String?
            public let subdir: String?
            public let secret: String?
            public let reason: String?
        }

        public let input: String
        public let expect: Expectation

        public var description: String { input }
    }

    public let cases: [Case]
}
