/// Makes steps of a checked file: fills in defaults, checks each, finds what it waits for.
struct StepMaker {
    let file: TaskFile
    /// What each step gets unless it says so itself: those of the file, then those of the caller.
    private let environment: [String]
    private let hasTaskEnvironment: Bool
    private let workingDirectory: String?
    private let timeout: Int
    private let network: String?

    private static let defaultTimeout = 600
    private static let defaultRetryDelay = 5
    /// More than a run may take: nothing that is counted in seconds needs to be longer.
    private static let maxSeconds = 1 << 30

    init(file: TaskFile, defaults: TaskDefaults, networks: [TaskFile.Network]) throws(TaskFileError) {
        self.file = file
        let own = file.env.flatMap { $0.split(separator: ",").map(String.init) }
        let callers = defaults.env.flatMap { $0.split(separator: ",").map(String.init) }
        for entry in own + callers where !entry.contains("=") {
            throw TaskFileError(
                .envFormat, at: file.places["env"], "'\(entry)' under 'env' must be written as NAME=value.")
        }
        environment = Self.merge(own, callers)
        hasTaskEnvironment = !environment.isEmpty
        workingDirectory = file.workingDirectory?.nonEmpty ?? defaults.workingDirectory?.nonEmpty
        timeout = file.stepTimeout.positive ?? Self.defaultTimeout
        network = networks.last(where: \.isDefault)?.name
    }

    func steps() throws(TaskFileError) -> [TaskGraph.Step] {
        var made: [TaskGraph.Step] = []
        var ids: Set<String> = []
        for (index, step) in file.steps.enumerated() {
            let id = try self.id(of: step, index, &ids)
            let action = try action(of: step, id)
            try checkNumbers(of: step, id)
            made.append(
                TaskGraph.Step(
                    id: id, action: action, dependencies: try dependencies(of: step, id, made),
                    timeout: seconds(step.timeout.positive ?? timeout), startDelay: seconds(step.startDelay ?? 0),
                    retries: step.retries ?? 0,
                    retryDelay: seconds(step.retryDelay.positive ?? Self.defaultRetryDelay),
                    retryOnErrors: step.retryOnErrors, repetitions: step.repetitions ?? 0,
                    ignoresErrors: step.ignoreErrors, isDetached: step.detach, isKept: step.keep,
                    environment: try environment(of: step),
                    workingDirectory: step.workingDirectory?.nonEmpty ?? workingDirectory,
                    keepsImageWorkingDirectory: step.disableWorkingDirectoryOverride,
                    entryPoint: step.entryPoint?.nonEmpty, user: step.user?.nonEmpty,
                    network: step.network?.nonEmpty ?? network, ports: step.ports, exposedPorts: step.expose,
                    isPrivileged: step.privileged, cpus: step.cpus?.nonEmpty,
                    isolation: step.isolation?.nonEmpty, pullsFirst: step.pull,
                    pullRetries: max(0, step.cmdDownloadRetries ?? 0),
                    pullRetryDelay: seconds(step.cmdDownloadRetryDelay ?? 0), isCached: try isCached(step, id),
                    mounts: try mounts(of: step, id, action), place: place(of: step)))
        }
        return made
    }

    private func place(of step: TaskFile.Step) -> TextPlace? {
        let name = step.cmd?.nonEmpty != nil ? "cmd" : step.build?.nonEmpty != nil ? "build" : "push"
        return file.text.locating(TaskFileError(.commandSyntax, at: step.places[name], "")).place
    }

    private func seconds(_ count: Int) -> Duration { .seconds(min(max(0, count), Self.maxSeconds)) }

    private func id(of step: TaskFile.Step, _ index: Int, _ seen: inout Set<String>) throws(TaskFileError) -> String {
        let id = step.id?.nonEmpty ?? "acb_step_\(index)"
        guard !id.contains(where: \.isWhitespace) else {
            throw TaskFileError(.stepIDSpace, at: step.places["id"], "The id '\(id)' has white space in it.")
        }
        guard id != TaskGraph.rootID else {
            throw TaskFileError(.stepIDReserved, at: step.places["id"], "No step may have the id '\(id)'.")
        }
        guard seen.insert(id).inserted else {
            throw TaskFileError(.stepIDDuplicate, at: step.places["id"], "There are two steps with the id '\(id)'.")
        }
        return id
    }

    private func action(of step: TaskFile.Step, _ id: String) throws(TaskFileError) -> TaskGraph.Step.Action {
        var actions: [TaskGraph.Step.Action] = []
        if let cmd = step.cmd?.nonEmpty {
            actions.append(.command(file.aliases?.replacingFirstWord(of: cmd) ?? cmd))
        }
        if let build = step.build?.nonEmpty { actions.append(.build(build)) }
        if !step.push.isEmpty { actions.append(.push(Self.images(step.push))) }
        guard let action = actions.first else {
            throw TaskFileError(
                .stepNoAction, at: step.places.whole,
                "The step '\(id)' does nothing: it needs 'cmd', 'build' or 'push'.")
        }
        guard actions.count == 1 else {
            throw TaskFileError(
                .stepManyActions, at: step.places.whole,
                "The step '\(id)' may have only one of 'cmd', 'build' and 'push'.")
        }
        return action
    }

    /// With `:latest` where there is neither colon nor `@`, each once.
    private static func images(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.map { $0.contains(":") || $0.contains("@") ? $0 : $0 + ":latest" }.filter {
            seen.insert($0).inserted
        }
    }

    private func checkNumbers(of step: TaskFile.Step, _ id: String) throws(TaskFileError) {
        if let retries = step.retries, retries < 0 {
            throw TaskFileError(.retriesNegative, at: step.places["retries"], "'retries' of '\(id)' is less than 0.")
        }
        if let count = step.repetitions, count < 0 {
            throw TaskFileError(.repeatNegative, at: step.places["repeat"], "'repeat' of '\(id)' is less than 0.")
        }
    }

    private func isCached(_ step: TaskFile.Step, _ id: String) throws(TaskFileError) -> Bool {
        switch step.cache?.lowercased() {
        case nil, "", "disabled": return false
        case "enabled": return true
        default:
            throw TaskFileError(
                .cacheValue, at: step.places["cache"], "'cache' of '\(id)' must be enabled or disabled.")
        }
    }

    private func mounts(of step: TaskFile.Step, _ id: String, _ action: TaskGraph.Step.Action) throws(TaskFileError)
        -> [TaskMount]
    {
        let place = step.places["volumeMounts"]
        if case .push = action, !step.volumeMounts.isEmpty {
            throw TaskFileError(.mountOnPush, at: place, "The push step '\(id)' can't have volumes.")
        }
        var mounts: [TaskMount] = []
        for mount in step.volumeMounts {
            guard let name = mount.name?.nonEmpty, let path = mount.mountPath?.nonEmpty else {
                throw TaskFileError(
                    .mountIncomplete, at: place, "Each of 'volumeMounts' of '\(id)' needs 'name' and 'mountPath'.")
            }
            guard !mounts.contains(where: { $0.path == path }) else {
                throw TaskFileError(
                    .mountDuplicatePath, at: place, "The step '\(id)' has two volumes at '\(path)'.")
            }
            mounts.append(TaskMount(volume: name, path: path))
        }
        return mounts
    }

    // MARK: Environment

    private func environment(of step: TaskFile.Step) throws(TaskFileError) -> [String] {
        if hasTaskEnvironment {
            for entry in step.env where !entry.contains("=") {
                throw TaskFileError(
                    .envFormat, at: step.places["env"], "'\(entry)' under 'env' must be written as NAME=value.")
            }
        }
        return Self.merge(step.env, environment)
    }

    /// The first, then those of the second whose names are not in the first.
    private static func merge(_ first: [String], _ second: [String]) -> [String] {
        func name(_ entry: String) -> Substring { entry.prefix { $0 != "=" } }
        let names = Set(first.map(name))
        return first + second.filter { !names.contains(name($0)) }
    }

    // MARK: Order

    private func dependencies(of step: TaskFile.Step, _ id: String, _ above: [TaskGraph.Step]) throws(TaskFileError)
        -> [String]
    {
        let place = step.places["when"]
        let isMark = { (name: String) in name == "-" || name == TaskGraph.rootID }
        guard !step.when.isEmpty else { return above.last.map { [$0.id] } ?? [] }
        if step.when.contains("-") {
            guard step.when.allSatisfy(isMark) else {
                throw TaskFileError(
                    .whenDashNotAlone, at: place, "'when' of '\(id)' can't have '-' beside names of steps.")
            }
            return []
        }
        var names: [String] = []
        for name in step.when where !isMark(name) && !names.contains(name) {
            guard name != id else {
                throw TaskFileError(.whenSelf, at: place, "The step '\(id)' can't wait for itself.")
            }
            guard above.contains(where: { $0.id == name }) else {
                throw TaskFileError(
                    .whenUnknownStep, at: place,
                    "'when' of '\(id)' names '\(name)', and no step above it has that id.")
            }
            names.append(name)
        }
        return names
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}

extension Int? {
    /// Nil for zero and less, which count as absent.
    fileprivate var positive: Int? { flatMap { $0 > 0 ? $0 : nil } }
}
