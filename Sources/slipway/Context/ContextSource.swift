import Contexts
import Foundation
import Glibc

/// A context as somebody typed it, read on this machine.
struct ContextSource: Sendable {
    private let text: String
    private let dockerfile: String?
    private let usesDockerRules: Bool
    private let includesGit: Bool
    private let gitTokenFile: String?
    private let directory: String
    /// Of the entries of a folder, in seconds since 1970.
    var latestTime: Int64?

    /// - Parameters:
    ///   - dockerfile: relative to `directory` for a folder, to the context for anything else; `-` for standard input.
    ///   - usesDockerRules: leaves out the rule that drops version-control files from folders.
    ///   - directory: where the caller is.
    init(
        _ text: String, dockerfile: String? = nil, usesDockerRules: Bool = false, includesGit: Bool = false,
        gitTokenFile: String? = nil, directory: String = FileManager.default.currentDirectoryPath
    ) {
        self.text = text
        self.dockerfile = dockerfile
        self.usesDockerRules = usesDockerRules
        self.includesGit = includesGit
        self.gitTokenFile = gitTokenFile
        self.directory = directory
    }

    /// The folder that is the context, links resolved; nil for anything else.
    var folder: String? {
        if case .folder(let path) = FolderContext.localPath(text) { path } else { nil }
    }

    /// Finds the Dockerfile and the rules; fetches what is not on this machine.
    ///
    /// Notices go to standard error.
    func prepare() async throws -> PreparedContext {
        let context: PreparedContext
        switch try ContextLocation(text, localPath: FolderContext.localPath) {
        case .folder(let path):
            let choice = try DockerfileChoice(typed: dockerfile, in: directory)
            context = try await BlockingExecutor.shared.run {
                try FolderContext.prepare(
                    path, dockerfile: choice, includeGit: includesGit, dropsVersionControl: !usesDockerRules,
                    latestTime: latestTime
                ) { Terminal.say("Note: \($0)") }
            }
        case .git(let reference):
            guard dockerfile != "-" else { throw CommandError.outsideDockerfile }
            context = try await fetch(reference)
        case .download: throw CommandError.notEnabled("Looking into an archive at a URL")
        case .artifact: throw CommandError.notEnabled("A context from an artifact ('oci://')")
        case .none: throw CommandError.notEnabled("Looking into no context ('/dev/null')")
        case .standardInput: throw CommandError.notEnabled("A context on standard input ('-')")
        }
        for notice in context.notices { Terminal.say("Note: \(notice)") }
        return context
    }

    private func fetch(_ reference: GitReference) async throws -> PreparedContext {
        let isWatched = Terminal.isErrorInteractive
        let access = try LocalGit.access(for: reference, tokenFile: gitTokenFile)
        return try await GitContext.prepare(
            reference, dockerfile: DockerfileChoice(path: dockerfile), pool: try LocalGit.mirrorFolder(),
            access: access, progress: { line in if isWatched { Terminal.say(line) } })
    }
}

extension DockerfileChoice {
    /// The Dockerfile of a folder: named from where the caller is, or read from standard input.
    init(typed path: String?, in directory: String) throws {
        guard let path, !path.isEmpty else {
            self = .standard
            return
        }
        guard path != "-" else {
            self = .bytes(try readAll(STDIN_FILENO, name: "standard input"))
            return
        }
        self = .path(path.hasPrefix("/") ? path : directory + "/" + path)
    }
}
