import ResourceAPI
import TaskFiles
import TaskModel

/// What a task file came to, as `task check` tells it.
struct TaskFileReport {
    let task: LoadedTask?
    let plan: TaskPlan?
    /// Without secret values.
    let error: TaskFileError?
    /// With aliases and templates filled in, without secret values; nil if that failed.
    let rendered: String?
    let mask: SecretMask

    init(_ file: LocalTaskFile) async throws {
        let report = try await TaskFileReport(once: file)
        guard report.error != nil, file.assumedSecret != nil else {
            self = report
            return
        }
        // A text may be wrong where a number is right.
        var other = file
        other.assumedSecret = Secret("1")
        let second = try await TaskFileReport(once: other)
        self = second.error == nil ? second : report
    }

    private init(once file: LocalTaskFile) async throws {
        var task: LoadedTask?
        var plan: TaskPlan?
        var failure: TaskFileError?
        do {
            task = try await file.load()
            plan = try task?.plan()
        } catch let error as TaskFileError {
            failure = error
        }
        var rendered = task?.file.rendered
        if rendered == nil {
            do {
                rendered = try await file.render()
            } catch is TaskFileError {
                // It is the failure.
            }
        }
        self.task = task
        self.plan = plan
        mask = file.mask
        error = failure.map(file.mask.masked)
        self.rendered = rendered.map(file.mask.masked)
    }

    init(error: TaskFileError) {
        task = nil
        plan = nil
        rendered = nil
        mask = SecretMask([])
        self.error = error
    }

    /// What is left unread in it.
    var notes: [String] {
        guard let place = task?.file.rest else { return [] }
        return ["What begins in line \(place.line) is not read: only the first document of a file is."]
    }

    /// The secrets that it is run with.
    var secretLocations: [String] {
        var seen: Set<SecretLocation> = []
        return (task?.secretLocations ?? []).filter { seen.insert($0).inserted }.map(\.description)
    }

    /// What a pool's policy must allow for it, each once.
    var permissions: [String] {
        Set((plan?.needs ?? []).map(\.permission.rawValue)).sorted()
    }

    // MARK: For programs

    /// With the names of properties that task files have.
    var json: JSONDocument {
        var fields: [String: JSONDocument] = ["valid": .flag(error == nil)]
        if let error { fields["error"] = Self.json(error) }
        fields["rendered"] = rendered.map { .text($0) }
        if let task {
            fields["steps"] = .list(task.graph.steps.map(Self.json))
            fields["edges"] = .list(task.graph.edges.map { .list([.text($0.from), .text($0.to)]) })
            fields["networks"] = .list(task.graph.networks.map(Self.json))
        }
        if plan != nil { fields["permissions"] = .list(permissions.map { .text($0) }) }
        if !secretLocations.isEmpty { fields["secrets"] = .list(secretLocations.map { .text($0) }) }
        if !notes.isEmpty { fields["notes"] = .list(notes.map { .text($0) }) }
        return JSONDocument.object(fields).masked(by: mask)
    }

    private static func json(_ error: TaskFileError) -> JSONDocument {
        var fields: [String: JSONDocument] = [
            "stage": .text(error.code.stage.rawValue), "code": .text(error.code.rawValue),
            "message": .text(error.reason),
        ]
        if let place = error.place {
            fields["line"] = .integer(Int64(place.line))
            fields["column"] = .integer(Int64(place.column))
        }
        return .object(fields)
    }

    private static func json(_ step: TaskGraph.Step) -> JSONDocument {
        func list(_ texts: [String]) -> JSONDocument { .list(texts.map { .text($0) }) }
        func seconds(_ duration: Duration) -> JSONDocument { .integer(duration.components.seconds) }
        var fields: [String: JSONDocument] = [
            "id": .text(step.id), "type": .text(step.action.kind.rawValue), "env": list(step.environment),
            "timeout": seconds(step.timeout),
            "startDelay": seconds(step.startDelay), "retries": .integer(Int64(step.retries)),
            "retryDelay": seconds(step.retryDelay), "repeat": .integer(Int64(step.repetitions)),
            "ignoreErrors": .flag(step.ignoresErrors), "detach": .flag(step.isDetached), "keep": .flag(step.isKept),
        ]
        fields["workingDirectory"] = step.workingDirectory.map { .text($0) }
        fields["network"] = step.network.map { .text($0) }
        switch step.action {
        case .command(let text): fields["cmd"] = .text(text)
        case .build(let text):
            let words = BuildWords(text)
            fields["build"] = .text(text)
            (fields["tags"], fields["buildArgs"]) = (list(words.tags), list(words.arguments))
        case .push(let images): fields["push"] = list(images)
        }
        return .object(fields)
    }

    private static func json(_ network: TaskFile.Network) -> JSONDocument {
        .object([
            "name": .text(network.name), "driver": .text(network.driver), "ipv6": .flag(network.ipv6),
            "skipCreation": .flag(network.skipCreation), "isDefault": .flag(network.isDefault),
        ])
    }
}

extension JSONDocument {
    /// With `***` for secrets in its texts.
    fileprivate func masked(by mask: SecretMask) -> JSONDocument {
        switch self {
        case .text(let text): .text(mask.masked(text))
        case .list(let items): .list(items.map { $0.masked(by: mask) })
        case .object(let members): .object(members.mapValues { $0.masked(by: mask) })
        case .null, .flag, .integer, .number: self
        }
    }
}

/// Tags and build arguments as ACR Tasks reads them for its records: of words cut at white space, those after `-t`,
/// `--tag` and `--build-arg`.
private struct BuildWords {
    private(set) var tags: [String] = []
    private(set) var arguments: [String] = []

    init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        for (option, value) in zip(words, words.dropFirst()) {
            switch option {
            case "-t", "--tag": tags.append(value)
            case "--build-arg": arguments.append(value)
            default: break
            }
        }
    }
}
