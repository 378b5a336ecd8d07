import AgentProtocol
import Contexts
import CurlHTTP
import Foundation
import TaskFiles
import TaskModel

/// Reads the task file of a run, with all that it draws in: its values, files of aliases, secrets of the vault.
struct TaskReader: Sendable {
    let session: RunSession
    let request: TaskFileRequest
    let context: PreparedContext?
    /// The name of the volume behind the workspace.
    let sharedVolume: String

    /// The most bytes of a task file and of a file of values.
    private static let maxBytes = 1 << 20

    private var log: RunLogWriter { session.log }

    /// - Throws: ``RunFailure`` if a file is not there, ``TaskFileError``.
    func read() async throws -> TaskPlan {
        let text = try await text(of: request.taskFile, "task file")
        var values: String?
        if let file = request.valuesFile { values = try await self.text(of: file, "file of values") }
        let data = try TemplateData(
            run: session.variables(revision: context?.revision ?? session.left?.revision, sharedVolume: sharedVolume),
            valuesFile: values, overrides: request.values.map { ($0.name, $0.value.value) })
        let loader = TaskFileLoader(settings: session.assignment.taskFiles, policy: session.assignment.policy)
        let task = try await loader.load(
            text, with: data, defaults: session.local?.defaults ?? TaskDefaults(), sources: self)
        if task.file.hasAliases { await log.line("Alias support enabled for version >= 1.1.0") }
        return try task.plan()
    }

    private func text(of source: TaskFileSource, _ what: String) async throws -> String {
        switch source {
        case .content(let text): return text.value
        case .path(let path):
            guard context != nil || session.left != nil else {
                throw RunFailure.failed("the \(what) '\(path)' can't be read: the run has no context")
            }
            guard let bytes = try await file(path) else {
                throw RunFailure.failed("there is no \(what) '\(path)' in the context")
            }
            return try TaskFile.text(of: bytes, "the \(what)")
        }
    }
}

extension TaskReader: TaskFileSources {
    func file(_ path: String) async throws -> [UInt8]? {
        if let left = session.left { return left.files[path].map { [UInt8]($0) } }
        guard let context else { return nil }
        let bytes = try await ContextFileReader(walk: context.upload).read(path, limit: Self.maxBytes)
        // What the run goes on as after a restart of the agent is what it began as.
        if let bytes { try await session.journal?.note(.read(name: path, content: Data(bytes))) }
        return bytes
    }

    func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8] {
        if let known = session.left?.files[url] { return [UInt8](known) }
        var request = HTTPRequest("GET", url)
        request.timeout = time
        let (response, bytes) = try await session.fetcher.access.client.fetch(request, limit: limit)
        guard response.status == 200 else {
            throw StepProblem("its server answered with status \(response.status)")
        }
        try await session.journal?.note(.read(name: url, content: Data(bytes)))
        return bytes
    }

    /// Whatever identity a file names, the vault is the registry's own.
    func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret {
        do {
            let secret = try await session.broker.secret(location, for: session.assignment.lease)
            await log.hide(secret)
            await session.warnOfShortSecrets("secret", [(location.description, secret)])
            return secret
        } catch BrokerError.secretMissing(let location) {
            throw RunFailure.failed("\(BrokerError.secretMissing(location))")
        }
    }
}
