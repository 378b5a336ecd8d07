import AgentProtocol
public import Contexts
import TaskModel

/// Gets the context of a run: a git tree out of a mirror, or an uploaded archive.
public struct ContextFetcher: Sendable {
    let access: GitAccess
    let directory: String

    /// - Parameters:
    ///   - access: how git servers are reached; credentials come with each run.
    ///   - directory: the pool's own, for git mirrors; made if missing.
    public init(access: GitAccess, directory: String) {
        self.access = access
        self.directory = directory
    }

    func fetch(for run: BuildRun) async throws -> PreparedContext {
        let assignment = run.assignment
        let dockerfile = DockerfileChoice(path: assignment.request.dockerFilePath)
        switch assignment.source {
        case .none:
            throw RunFailure.failed(
                "The request names no source. Give a git reference (URL#ref:folder) or an uploaded context.")
        case .git(let location):
            guard case .git(let reference) = try ContextLocation(location.value) else {
                throw RunFailure.failed("'\(try ContextLocation(location.value).redacted)' names no git repository.")
            }
            await run.log.line("Downloading source code from \(reference.redacted)")
            let context = try await fetch(reference, dockerfile, for: run)
            await run.log.line("Finished downloading source code: commit \(context.revision?.commit ?? "")")
            return context
        case .upload:
            let archive = try await run.broker.uploadedContext(assignment.lease, in: directory)
            return try await BlockingExecutor.shared.run { [limits = access.limits] in
                try ArchiveContext.prepare(ArchiveSource(file: archive), dockerfile: dockerfile, limits: limits)
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
                reference, dockerfile: dockerfile, pool: directory, access: access, progress: { progress.yield($0) })
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
