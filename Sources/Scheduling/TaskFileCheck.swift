import Contexts
import Foundation
import Storage
import TaskFiles
import TaskModel

/// Looks at the task file of a request before its run is queued, as far as the server can see it: in the request itself,
/// or in an uploaded context.
struct TaskFileCheck: Sendable {
    let settings: SchedulingSettings
    let uploads: BlobStore

    /// How much of an upload is read for it, and how long.
    private static let limits = {
        var limits = ContextLimits()
        limits.packedBytes = 64 << 20
        limits.duration = .seconds(2)
        return limits
    }()

    /// - Parameters:
    ///   - upload: the name of the uploaded context, if it is one.
    ///   - task: the stored task that it is a run of.
    /// - Throws: ``RunServiceError/invalidTaskFile(_:)`` for what the run could not be carried out with, whatever else
    ///   comes to be known when it begins.
    func check(
        _ request: TaskFileRequest, upload: String?, task: String?, registry: Registry, policy: PoolPolicy
    ) async throws {
        let files = await UploadedFiles(
            path: try upload.flatMap { try uploads.file($0) }, request.paths, limits: Self.limits)
        do throws(TaskFileError) {
            guard let text = try await text(of: request.taskFile, files) else { return }
            var values: String?
            if let file = request.valuesFile {
                guard let text = try await self.text(of: file, files, "the file of values") else { return }
                values = text
            }
            let guesses = try Self.guesses(request, values: values, task: task, registry: registry)
            let loader = TaskFileLoader(settings: settings.taskFiles, policy: policy)
            guard let error = await Self.error(loader, text, guesses, files) else { return }
            throw error
        } catch {
            let mask = SecretMask(request.values.filter(\.isSecret).map(\.value))
            throw RunServiceError.invalidTaskFile(mask.masked(error))
        }
    }

    /// Nil also when what the file draws in is not at hand: the agent finds out.
    private static func error(
        _ loader: TaskFileLoader, _ text: String, _ guesses: [TemplateData], _ files: UploadedFiles
    ) async -> TaskFileError? {
        do {
            return try await loader.error(in: text, guesses: guesses, sources: files)
        } catch {
            return nil
        }
    }

    /// Nil if it can't be had here.
    private func text(
        of source: TaskFileSource, _ files: UploadedFiles, _ what: String? = nil
    ) async throws(TaskFileError) -> String? {
        switch source {
        case .content(let text): return text.value
        case .path(let path):
            // What can't be read in time is left to the agent, as is a path that leads nowhere.
            guard let bytes = (try? await files.file(path)).flatMap({ $0 }) else { return nil }
            return try TaskFile.text(of: bytes, what)
        }
    }

    /// What is wrong with the file of a task that is to be stored, whatever its runs give it.
    static func errorOfSyntax(
        in step: TaskStep.EncodedStep, of task: TaskDefinition, registry: String, settings: TaskFileSettings
    ) -> TaskFileError? {
        let data = TemplateData(run: run(0, platform: task.platform, registry: registry, task: task.name))
        return TaskFile.errorOfSyntax(in: step.content.value, with: data, settings: settings)
    }

    static func guesses(
        _ request: TaskFileRequest, values: String?, task: String?, registry: Registry
    ) throws(TaskFileError) -> [TemplateData] {
        let overrides = request.values.map { ($0.name, $0.value.value) }
        var guesses: [TemplateData] = []
        for number in 0...1 {
            let run = run(number, platform: request.platform, registry: registry.loginServer, task: task ?? "")
            guesses.append(try TemplateData(run: run, valuesFile: values, overrides: overrides))
        }
        return guesses
    }

    /// One of two guesses at a run: of a commit, and of an upload without one.
    static func run(_ number: Int, platform: Platform, registry: String, task: String) -> RunVariables {
        let isOfCommit = number == 0
        return RunVariables(
            id: isOfCommit ? "ca1" : "cz9z", registry: registry,
            date: Date(timeIntervalSince1970: isOfCommit ? 0 : 1_900_000_000), os: platform.os,
            architecture: platform.architecture ?? "amd64",
            commit: isOfCommit ? String(repeating: "0", count: 40) : "", branch: isOfCommit ? "main" : "",
            gitTag: isOfCommit ? "v1" : "", repository: isOfCommit ? "repository" : "",
            triggeredBy: isOfCommit ? "Manual" : "", taskName: task, sharedVolume: "workspace-\(number)")
    }
}

/// What a task file draws in, out of an uploaded archive.
private struct UploadedFiles: TaskFileSources {
    /// Nil without one.
    private let path: String?
    private let limits: ContextLimits
    /// Those that are wanted in any case, read in one pass.
    private let known: [String: [UInt8]]
    private let wanted: [String]

    private struct NotAtHand: Error {}

    /// - Parameter wanted: what can't be read in time is as if it were not there.
    init(path: String?, _ wanted: [String], limits: ContextLimits) async {
        self.path = path
        self.limits = limits
        self.wanted = wanted
        known = (try? await Self.read(wanted, path, limits)) ?? [:]
    }

    func file(_ name: String) async throws -> [UInt8]? {
        let bytes = wanted.contains(name) ? known[name] : try await Self.read([name], path, limits)[name]
        // It may be a link, which only the agent follows.
        guard let bytes else { throw NotAtHand() }
        return bytes
    }

    private static func read(_ names: [String], _ path: String?, _ limits: ContextLimits) async throws
        -> [String: [UInt8]]
    {
        guard let path, !names.isEmpty else { return [:] }
        return try await BlockingExecutor.shared.run {
            try ArchiveExcerpt.read(names, of: ArchiveSource(file: path), fileLimit: 1 << 20, limits: limits)
        }
    }

    func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8] { throw NotAtHand() }

    /// Anything will do.
    func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret { Secret("secret") }
}

extension TaskFileRequest {
    /// In the context: of the task file and of its values.
    fileprivate var paths: [String] {
        [taskFile, valuesFile].compactMap { source in
            if case .path(let path) = source { path } else { nil }
        }
    }
}
