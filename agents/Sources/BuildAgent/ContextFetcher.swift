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

    func fetch(for run: BuildRun) async throws -> PreparedContext {
        let assignment = run.assignment
        let dockerfile = DockerfileChoice(path: run.request.dockerFilePath)
        switch assignment.source {
        case .none:
            throw RunFailure.failed(
                "The request names no source. Give a git reference (URL#ref:folder), an archive's URL or an uploaded context."
            )
        case .git(let location):
            guard case .git(let reference) = try ContextLocation(location.value) else {
                throw RunFailure.failed("'\(try ContextLocation(location.value).redacted)' names no git repository.")
            }
            await run.log.line("Downloading source code from \(reference.redacted)")
            let context = try await fetch(reference, dockerfile, for: run)
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
            let request = run.request
            return try await BlockingExecutor.shared.run { [limits = access.limits] in
                try ArchiveContext.prepare(
                    ArchiveSource(file: archive), dockerfile: dockerfile, appliesIgnoreFile: request.appliesIgnoreFile,
                    includeGit: request.includeGit, limits: limits)
            }
        }
    }

    private func fetch(_ reference: GitReference, _ dockerfile: DockerfileChoice, for run: BuildRun) async throws
        -> PreparedContext
    {
        var access = access
        access.credentials.merge(run.assignment.gitCredentials) { _, ofRun in ofRun }
        // Progress comes from a thread of libgit2; its lines are written one after another.
        let (lines, progress) = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingNewest(10))
        async let written: Void = {
            for await line in lines { await run.log.line(line) }
        }()
        do {
            let context = try await GitContext.prepare(
                reference, dockerfile: dockerfile, includeGit: run.request.includeGit, pool: directory, access: access,
                progress: { progress.yield($0) })
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
