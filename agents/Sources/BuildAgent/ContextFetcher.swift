import AgentProtocol
public import Contexts
import TaskModel

/// Gets the context of a run: a git tree out of a mirror, an uploaded archive, what lies at a URL.
public struct ContextFetcher: Sendable {
    let access: GitAccess
    let directory: String

    /// - Parameters:
    ///   - access: how git servers, and others, are reached; credentials come with each run.
    ///   - directory: the pool's own, for git mirrors and downloads; made if missing.
    public init(access: GitAccess, directory: String) {
        self.access = access
        self.directory = directory
    }

    /// What a context is fetched for.
    enum Use {
        /// One build. `appliesIgnoreFile` is about uploads.
        case build(dockerfile: String?, appliesIgnoreFile: Bool)
        /// The workspace of steps, which see all that came.
        case workspace

        fileprivate var dockerfile: DockerfileChoice {
            switch self {
            case .build(let path, _): DockerfileChoice(path: path)
            case .workspace: .ifPresent
            }
        }

        /// A workspace of a git context is a checkout: nothing is ignored, and `.git` is there.
        fileprivate var isWorkspace: Bool {
            if case .workspace = self { true } else { false }
        }
    }

    func fetch(for run: RunSession, _ use: Use) async throws -> PreparedContext {
        try await fetch(run.assignment.source, use, commit: run.assignment.commit, for: run)
    }

    /// - Parameter commit: the one to take of a git source, wherever its branch leads now.
    func fetch(_ source: RunSource, _ use: Use, commit: String? = nil, for run: RunSession) async throws
        -> PreparedContext
    {
        let assignment = run.assignment
        let dockerfile = use.dockerfile
        switch source {
        case .none:
            throw RunFailure.failed(
                "The request names no source. Give a git reference (URL#ref:folder), an archive's URL or an uploaded context."
            )
        case .git(let location):
            guard case .git(let reference) = try ContextLocation(location.value) else {
                throw RunFailure.failed("'\(try ContextLocation(location.value).redacted)' names no git repository.")
            }
            await run.log.line("Downloading source code from \(reference.redacted)")
            let context = try await fetch(commit.map(reference.pinned(to:)) ?? reference, use, for: run)
            await run.log.line("Finished downloading source code: commit \(context.revision?.commit ?? "")")
            return context
        case .download(let location):
            let named = try ContextLocation(location.value)
            guard case .download(let url) = named else {
                throw RunFailure.failed("'\(named.redacted)' is no URL to download from.")
            }
            await run.log.line("Downloading the context from \(named.redacted)")
            let download = try SourceDownload(url, client: access.client, limits: access.limits)
            let context = try await download.context(dockerfile: dockerfile, directory: directory)
            await run.log.line("Finished downloading the context")
            return context
        case .upload:
            let archive = try await run.broker.uploadedContext(assignment.lease, in: directory)
            var appliesIgnoreFile = false
            if case .build(_, let applies) = use { appliesIgnoreFile = applies }
            let identifiesFiles = !use.isWorkspace
            let includeGit = assignment.request.common.includeGit
            return try await BlockingExecutor.shared.run { [limits = access.limits, appliesIgnoreFile] in
                try ArchiveContext.prepare(
                    ArchiveSource(file: archive), dockerfile: dockerfile, appliesIgnoreFile: appliesIgnoreFile,
                    includeGit: includeGit, identifiesFiles: identifiesFiles, limits: limits)
            }
        }
    }

    private func fetch(_ reference: GitReference, _ use: Use, for run: RunSession) async throws
        -> PreparedContext
    {
        var access = access
        access.credentials.merge(run.assignment.gitCredentials) { _, ofRun in ofRun }
        if let ssh = run.assignment.gitSSH { (access.sshKey, access.knownHosts) = (ssh.privateKey, ssh.knownHosts) }
        access.logsInToSubmodules = !run.assignment.isRestricted
        // Progress comes from a thread of libgit2; its lines are written one after another.
        let (lines, progress) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(10))
        async let written: Void = {
            for await line in lines { await run.log.line(line) }
        }()
        do {
            let context = try await GitContext.prepare(
                reference, dockerfile: use.dockerfile, appliesIgnoreFile: !use.isWorkspace,
                includeGit: use.isWorkspace || run.assignment.request.common.includeGit, pool: directory,
                access: access, progress: { progress.yield($0) })
            progress.finish()
            await written
            return context
        } catch {
            progress.finish()
            await written
            throw error
        }
    }
}

extension RunSource {
    /// Of a location that is not here, as somebody typed it. What can't be read is told when it is fetched.
    init(typed location: String) {
        self = .git(Secret(location))
        if case .download = try? ContextLocation(location) { self = .download(Secret(location)) }
    }
}
