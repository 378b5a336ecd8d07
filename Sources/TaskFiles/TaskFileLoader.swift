public import TaskModel

/// Loads task files with everything that they draw in: files of aliases, and secrets.
public struct TaskFileLoader: Sendable {
    private let settings: TaskFileSettings
    private let policy: PoolPolicy

    private static let aliasDownloadTime = Duration.seconds(2)
    private static let secretTime = Duration.seconds(120)
    private static let secretsAtOnce = 5

    /// - Parameter policy: that of the pool where the task is to be carried out.
    public init(settings: TaskFileSettings, policy: PoolPolicy) {
        self.settings = settings
        self.policy = policy
    }

    /// Loads a task file in the stages of ``TaskFileError/Stage``, up to its graph.
    ///
    /// A file in which the word `secrets` occurs is first rendered and read without them, then they are fetched, then it
    /// is rendered and read again.
    ///
    /// - Parameter defaults: what the caller of the task adds to it.
    /// - Throws: ``TaskFileError``; what `sources` throws for a secret or a file of the context, as it is.
    public func load(
        _ text: String, with data: TemplateData, defaults: TaskDefaults = TaskDefaults(),
        sources: some TaskFileSources
    ) async throws -> LoadedTask {
        let template = try await template(text, data, sources)
        var file = try TaskFile(try template.rendered(with: data))
        var fetched: [String: Secret] = [:]
        var locations: [SecretLocation] = []
        if template.mentionsSecrets {
            let secrets = try file.checkedSecrets()
            locations = secrets.map(\.location)
            fetched = try await fetch(secrets, from: sources)
            if !fetched.isEmpty {
                var data = data
                data.secrets.merge(fetched.mapValues(\.value)) { _, own in own }
                file = try TaskFile(try template.rendered(with: data))
            }
        }
        return LoadedTask(
            file: file, graph: try TaskGraph(file, defaults: defaults), secrets: Array(fetched.values),
            secretLocations: locations, policy: policy, sharedVolume: data.run.sharedVolume)
    }

    /// Fills in aliases, secrets and templates, and goes no further: the result need not be YAML. Secrets are drawn in
    /// only where it is right enough to tell them.
    ///
    /// - Throws: as ``load(_:with:defaults:sources:)``, of the stages `alias` and `template`.
    public func render(_ text: String, with data: TemplateData, sources: some TaskFileSources) async throws -> String {
        let template = try await template(text, data, sources)
        let rendered = try template.rendered(with: data)
        guard template.mentionsSecrets, let secrets = Self.secrets(of: rendered), !secrets.isEmpty else {
            return rendered.rendered
        }
        var data = data
        data.secrets.merge(try await fetch(secrets, from: sources).mapValues(\.value)) { _, own in own }
        return try template.rendered(with: data).rendered
    }

    /// Nil if it can't be read.
    private static func secrets(of text: TaskFileText) -> [TaskSecret]? {
        do throws(TaskFileError) {
            return try TaskFile(text).checkedSecrets()
        } catch {
            return nil
        }
    }

    private func template(_ text: String, _ data: TemplateData, _ sources: some TaskFileSources) async throws
        -> TaskFileTemplate
    {
        var lines = try TaskFileLines(text)
        let aliases = try await aliases(of: &lines, data, sources)
        return try TaskFileTemplate(lines, aliases: aliases)
    }

    // MARK: Aliases

    func aliases(
        of lines: inout TaskFileLines, _ data: TemplateData, _ sources: some TaskFileSources
    ) async throws -> TaskAliases? {
        guard lines.hasAliases else { return nil }
        let block = try AliasBlock(lines.cutAliasBlock(), data)
        var files: [[String: String]] = []
        for source in block.sources {
            files.append(try AliasBlock.read(try await bytes(of: source, sources), of: source))
        }
        return TaskAliases(block, files: files, images: settings.aliasImages)
    }

    private func bytes(of source: AliasBlock.Source, _ sources: some TaskFileSources) async throws -> [UInt8] {
        func refusal(_ reason: String) -> TaskFileError {
            TaskFileError(.aliasSource, at: source.place, "The file of aliases '\(source.name)' \(reason)")
        }
        guard source.name.contains("://") else {
            guard let bytes = try await sources.file(source.name) else {
                throw refusal("is not in the context. Paths are relative to its root.")
            }
            return bytes
        }
        guard source.name.lowercased().hasPrefix("https://") else {
            throw refusal("can't be fetched: only https URLs can. Put the file into the context.")
        }
        guard settings.allowsRemoteAliases else {
            throw refusal(
                "is not of the context, and this installation fetches none from elsewhere. Put the file into the "
                    + "context, or have the server's setting steps.remoteAliases turned on.")
        }
        do {
            return try await sources.download(
                source.name, limit: TaskFileLines.maxBytes, within: Self.aliasDownloadTime)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw refusal("can't be fetched: \(error)")
        }
    }

    // MARK: Secrets

    private func fetch(_ secrets: [TaskSecret], from sources: some TaskFileSources) async throws -> [String: Secret] {
        try await withThrowingTaskGroup(of: (String, Secret).self) { group in
            var waiting = secrets[...]
            var fetched: [String: Secret] = [:]
            func startNext() {
                guard let secret = waiting.popFirst() else { return }
                group.addTask { (secret.id, try await fetch(secret, from: sources)) }
            }
            for _ in 0..<Self.secretsAtOnce { startNext() }
            while let (id, value) = try await group.next() {
                fetched[id] = value
                startNext()
            }
            return fetched
        }
    }

    private func fetch(_ secret: TaskSecret, from sources: some TaskFileSources) async throws -> Secret {
        try await withThrowingTaskGroup(of: Secret.self) { group in
            group.addTask { try await sources.secret(secret.location, clientID: secret.clientID) }
            group.addTask {
                try await Task.sleep(for: Self.secretTime)
                throw TaskFileError(
                    .secretFetch,
                    "The secret '\(secret.id)' did not come from \(secret.location) within "
                        + "\(Self.secretTime.components.seconds) s. Look whether its vault answers, then run again.")
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}

/// What a task file draws in from elsewhere.
public protocol TaskFileSources: Sendable {
    /// A file of the context, or of the folder that stands for it.
    ///
    /// - Parameter path: relative to its root.
    /// - Returns: nil if there is no such file.
    func file(_ path: String) async throws -> [UInt8]?

    /// Fetches a file of aliases.
    ///
    /// - Parameters:
    ///   - url: begins with `https://`.
    ///   - limit: the most bytes.
    func download(_ url: String, limit: Int, within time: Duration) async throws -> [UInt8]

    /// - Parameter clientID: the identity that asks; a GUID, nil for the run's own.
    func secret(_ location: SecretLocation, clientID: String?) async throws -> Secret
}

/// A task file that was loaded.
public struct LoadedTask: Sendable {
    public let file: TaskFile
    public let graph: TaskGraph
    /// The values of its `secrets`, which nobody must see.
    public let secrets: [Secret]
    /// Where those are kept.
    public let secretLocations: [SecretLocation]

    private let policy: PoolPolicy
    private let sharedVolume: String

    fileprivate init(
        file: TaskFile, graph: TaskGraph, secrets: [Secret], secretLocations: [SecretLocation], policy: PoolPolicy,
        sharedVolume: String
    ) {
        self.file = file
        self.graph = graph
        self.secrets = secrets
        self.secretLocations = secretLocations
        self.policy = policy
        self.sharedVolume = sharedVolume
    }

    /// Reads the commands of its steps.
    ///
    /// - Throws: ``TaskFileError`` of the stage `command`.
    public func plan() throws(TaskFileError) -> TaskPlan {
        try TaskPlan(graph, policy: policy, sharedVolume: sharedVolume)
    }
}
