import Contexts
import Storage
import TaskFiles
import TaskModel

/// Reads the text of tasks for the images that they stand on and make.
struct ImageReader: Sendable {
    let settings: SchedulingSettings
    /// Files of a git repository at the commit that a reference leads to.
    let files: @Sendable (GitReference, _ path: String) async throws -> [UInt8]?

    static let maxBytes = 1 << 20
    private static let unknownContext =
        "Its context is no git repository: what it stands on is known after its first successful run."

    /// - Throws: ``TaskServiceError``, ``TaskFileError``; ``ContextError`` where trying again may help.
    func read(_ task: TaskDefinition, for kind: BaseImageTriggerDefinition.Kind) async throws -> ImageReading {
        guard let registry = settings.registry(named: task.registry) else {
            throw RunServiceError.registryGone(task.registry)
        }
        var reading: ImageReading
        switch try TaskRequest(task).request(with: TaskOverrides()) {
        case .build(let request): reading = try await read(request, of: task, registry, for: kind)
        case .taskFile(let request): reading = try await read(request, of: task, registry, for: kind)
        }
        // Elsewhere a text makes nothing: that it may push there is known once it did.
        reading.outputs.removeAll { $0.registry != registry.loginServer.lowercased() }
        return reading
    }

    private func read(
        _ request: BuildRequest, of task: TaskDefinition, _ registry: Registry,
        for kind: BaseImageTriggerDefinition.Kind
    ) async throws -> ImageReading {
        var reading = ImageReading()
        if request.isPushEnabled {
            reading.outputs = request.imageNames.compactMap { name in
                fixed(name, of: task, registry).flatMap { OutputName($0, of: registry, settings)?.image }
            }
        }
        guard let reference = git(request.sourceLocation) else {
            reading.miss(Self.unknownContext)
            return reading
        }
        let path = request.dockerFilePath ?? ""
        try await add(
            Build(
                reference: reference, dockerfile: path.isEmpty ? nil : path, target: request.target,
                arguments: request.arguments.map { ($0.name, $0.value.value) }, platform: request.platform),
            to: &reading, for: kind)
        return reading
    }

    private func read(
        _ request: TaskFileRequest, of task: TaskDefinition, _ registry: Registry,
        for kind: BaseImageTriggerDefinition.Kind
    ) async throws -> ImageReading {
        var reading = ImageReading()
        let reference = git(request.sourceLocation)
        let sources = ReadingSources(reference: reference, files: files)
        guard let text = try await text(of: request.taskFile, sources) else {
            reading.miss(
                reference == nil
                    ? Self.unknownContext : "Its task file is not in the context: put it there, or name another.")
            return reading
        }
        let values = try await request.valuesFile.asyncFlatMap { try await self.text(of: $0, sources) }
        let guesses = try TaskFileCheck.guesses(request, values: values, task: task.name, registry: registry)
        var plans: [TaskPlan] = []
        // What is the same whatever the run is said of the task.
        for data in guesses { plans.append(try await plan(text, data, sources)) }
        guard let plan = plans.first else { return reading }
        let pushed = plans.map { Set($0.pushed) }.reduce(Set(plan.pushed)) { $0.intersection($1) }
        reading.outputs = plan.pushed.filter(pushed.contains)
        for step in plan.steps {
            guard case .build(let command) = step.work else { continue }
            do {
                try await add(Build(command, in: reference, platform: request.platform), to: &reading, for: kind)
            } catch let error as BuildOutOfSight {
                reading.miss("Step \(step.id): \(error.reason)")
            }
        }
        return reading
    }

    private func plan(_ text: String, _ data: TemplateData, _ sources: ReadingSources) async throws -> TaskPlan {
        // Whether the pool gives what steps ask for is for runs to find out.
        let policy = PoolPolicy(allowed: Set(StepPermission.allCases))
        return try await TaskFileLoader(settings: settings.taskFiles, policy: policy)
            .load(text, with: data, sources: sources).plan()
    }

    private func text(of source: TaskFileSource, _ sources: ReadingSources) async throws -> String? {
        switch source {
        case .content(let text): text.value
        case .path(let path): try await sources.file(path).map { try TaskFile.text(of: $0, nil) }
        }
    }

    private func add(_ build: Build, to reading: inout ImageReading, for kind: BaseImageTriggerDefinition.Kind)
        async throws
    {
        let names = build.dockerfile.map { [$0] } ?? ["Dockerfile", "dockerfile"]
        for name in names {
            guard let bytes = try await files(build.reference, name) else { continue }
            let bases = Dockerfile(bytes).baseImages(
                arguments: Dictionary(build.arguments) { _, last in last }, target: build.target,
                platform: build.platform)
            reading.add(bases, for: kind)
            if !bases.notes.isEmpty { reading.miss("\(name): \(bases.notes.joined(separator: "; ")).") }
            return
        }
        reading.miss("There is no '\(names[0].escapedForDisplay)' in the context.")
    }

    /// A name that is the same in every run; nil for others.
    private func fixed(_ name: String, of task: TaskDefinition, _ registry: Registry) -> String? {
        guard name.contains("{{") else { return name }
        let names = (0...1).map { number in
            // What can't be filled in fails the run, and makes nothing.
            try? Template.render(
                name,
                with: TaskFileCheck.run(
                    number, platform: task.platform, registry: registry.loginServer, task: task.name))
        }
        return names[0] == names[1] ? names[0] : nil
    }

    private func git(_ location: String?) -> GitReference? {
        // What can't be read was refused when the task was written.
        guard let location, case .git(let reference)? = try? ContextLocation(location) else { return nil }
        return reference
    }
}

extension TaskPlan {
    /// The images that its steps push.
    fileprivate var pushed: [ImageReference] {
        steps.flatMap { step -> [ImageReference] in
            guard case .push(let images) = step.work else { return [] }
            return images.map(\.tagged)
        }
    }
}

extension Optional {
    fileprivate func asyncFlatMap<Result>(_ transform: (Wrapped) async throws -> Result?) async rethrows -> Result? {
        guard let self else { return nil }
        return try await transform(self)
    }
}
