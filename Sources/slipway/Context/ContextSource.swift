import Contexts
import CurlHTTP
import Foundation

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
    ///   - dockerfile: what `-f` says; relative to `directory` for a folder, to the context for anything else.
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
        let dockerfile = DockerfileOption(dockerfile)
        switch try ContextLocation(text, localPath: FolderContext.localPath) {
        case .folder(let path):
            let choice = try await dockerfile.forFolder(from: directory)
            context = try await BlockingExecutor.shared.run {
                try FolderContext.prepare(
                    path, dockerfile: choice, includeGit: includesGit, dropsVersionControl: !usesDockerRules,
                    latestTime: latestTime
                ) { Terminal.say("Note: \($0)") }
            }
        case .git(let reference):
            context = try await fetch(reference, DockerfileChoice(path: try dockerfile.forContext()))
        case .download(let url):
            let download = try SourceDownload(
                url, client: LocalSources.client(allowing: HTTPOrigin(url: url)?.description))
            context = try await download.context(
                dockerfile: DockerfileChoice(path: try dockerfile.forContext()),
                directory: try LocalSources.cacheFolder("downloads"))
        case .artifact(let name): throw ContextError.artifact(name)
        case .none: context = PreparedContext(dockerfile: try await dockerfile.alone())
        case .standardInput: context = try await read(DockerfileChoice(path: try dockerfile.forContext()))
        }
        for notice in context.notices { Terminal.say("Note: \(notice)") }
        return context
    }

    private func fetch(_ reference: GitReference, _ dockerfile: DockerfileChoice) async throws -> PreparedContext {
        let isWatched = Terminal.isErrorInteractive
        let access = try LocalSources.gitAccess(for: reference, tokenFile: gitTokenFile)
        return try await GitContext.prepare(
            reference, dockerfile: dockerfile, includeGit: includesGit, pool: try LocalSources.cacheFolder("git"),
            access: access, progress: { line in if isWatched { Terminal.say(line) } })
    }

    /// An archive is kept in the cache for as long as it is looked at: it is read more than once.
    private func read(_ dockerfile: DockerfileChoice) async throws -> PreparedContext {
        switch try await StandardInput.content() {
        case .dockerfile(let bytes):
            if case .path(let asked) = dockerfile {
                throw ContextError.loneDockerfile("What is on standard input", asked: asked)
            }
            return PreparedContext(dockerfile: bytes)
        case .archive(let first):
            let pipe = BytePipe()
            async let copying: Void = Self.copy(after: first, into: pipe)
            let archive = try await ArchiveSource.kept(
                pipe, in: try LocalSources.cacheFolder("downloads"), limit: ContextLimits().packedBytes)
            try await copying
            return try await BlockingExecutor.shared.run {
                try ArchiveContext.prepare(archive, dockerfile: dockerfile, appliesIgnoreFile: false)
            }
        }
    }

    private static func copy(after first: [UInt8], into pipe: BytePipe) async throws {
        do {
            try await StandardInput.copy(after: first, into: pipe)
            pipe.finish()
        } catch {
            pipe.fail(error)
            throw error
        }
    }
}
