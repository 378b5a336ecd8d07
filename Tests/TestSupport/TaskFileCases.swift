public import Foundation

/// One case of what a task file means, shared with other implementations.
public struct TaskFileCase: Decodable, Sendable, CustomStringConvertible {
    public struct Run: Decodable, Sendable {
        public let id, registry, taskName, commit, branch, gitTag, repository, triggeredBy, sharedVolume, os: String
        public let architecture: String
        public let date: Date
    }

    public struct Defaults: Decodable, Sendable {
        public let workingDirectory: String?
        public let env: [String]?
        public let network: String?
    }

    public struct Network: Decodable, Sendable, Hashable {
        public let name, driver: String
        public let ipv6, skipCreation, isDefault: Bool
    }

    public struct Step: Decodable, Sendable {
        public let id: String
        public let type, cmd, build, workingDirectory, network: String?
        public let env, push, tags, buildArgs: [String]?
        public let timeout, retryDelay: Int?
    }

    public struct Failure: Decodable, Sendable, Hashable {
        public let stage, code: String
    }

    public struct Expectation: Decodable, Sendable {
        public struct Outcome: Decodable, Sendable {
            public struct Failure: Decodable, Sendable {
                public let step: String?
                public let exitCode: Int?
                public let kind: String?
            }

            public let status: String
            public let error: Failure?
            public let steps: [String: String]?
            public let outputLines, outputContains, outputOmits: [String]?
            public let outputCount: [String: Int]?
            public let outputOrder: [[String]]?
            public let launches: [String: Int]?
            public let files: [String: String]?
            public let pushed: [String]?
        }

        public let valid: Bool
        public let error: Failure?
        public let rendered: String?
        public let stepCount: Int?
        public let steps: [Step]?
        public let edges: [[String]]?
        public let networks: [Network]?
        public let run: Outcome?
    }

    public let name, title, mode: String
    public let needs: [String]?
    public let run: Run
    public let values: String?
    public let set: [String]?
    public let defaults: Defaults?
    public let files: [String: String]?
    /// Value by location.
    public let secrets: [String: String]?
    public let expect: Expectation

    public var description: String { name }

    /// The task file.
    public var text: String {
        get throws { try String(contentsOf: Self.folder.appending(path: name + ".yaml"), encoding: .utf8) }
    }

    public var valuesText: String? {
        get throws {
            try values.map { try String(contentsOf: Self.folder.appending(path: $0), encoding: .utf8) }
        }
    }

    /// What `--set` gives: everything before the first `=` is the name.
    public var overrides: [(name: String, value: String)] {
        (set ?? []).map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    public static func all() throws -> [TaskFileCase] {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter {
            $0.hasSuffix(".json")
        }.map { try decoder.decode(TaskFileCase.self, from: Data(contentsOf: folder.appending(path: $0))) }
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Conformance/cases/task")
}
