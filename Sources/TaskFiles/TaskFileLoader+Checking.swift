public import TaskModel

extension TaskFileLoader {
    /// What is wrong with a task file, looked at before its run begins, when a part of what templates can ask for is only
    /// guessed: the run's id, its commit, its secrets.
    ///
    /// A file must never be refused that its run could carry out. So an error counts only if it comes with each of the
    /// guesses, and if no guess decides what the file says: where one is in more than the plain place of a value,
    /// `{{.Run.ID}}`, as in a condition, only errors count that are there before templates are filled in.
    ///
    /// - Parameter guesses: at least two that differ in what is guessed and in nothing else.
    /// - Throws: what `sources` throws; then nothing is known about the file.
    public func error(in text: String, guesses: [TemplateData], sources: some TaskFileSources) async throws
        -> TaskFileError?
    {
        var first: TaskFileError?
        for data in guesses {
            guard let error = try await error(in: text, data, sources) else { return nil }
            if error.code == .tooComplex {
                // It took its time, and another guess would take as much.
                return try await dependsOnGuesses(text, data, sources) ? nil : error
            }
            if let first, first.code != error.code { return nil }
            first = first ?? error
        }
        guard let error = first, let data = guesses.first else { return nil }
        if error.isOfSyntax { return error }
        return try await dependsOnGuesses(text, data, sources) ? nil : error
    }

    private func dependsOnGuesses(_ text: String, _ data: TemplateData, _ sources: some TaskFileSources) async throws
        -> Bool
    {
        do {
            var lines = try TaskFileLines(text)
            let written = lines.lines.text
            let aliases = try await aliases(of: &lines, data, sources)
            let template = try TaskFileTemplate(lines, aliases: aliases)
            return GuessSearch.dependsOnGuesses(template.text) || GuessSearch.dependsOnGuesses(written)
        } catch is TaskFileError {
            return GuessSearch.dependsOnGuesses(text)
        }
    }

    private func error(in text: String, _ data: TemplateData, _ sources: some TaskFileSources) async throws
        -> TaskFileError?
    {
        do {
            _ = try await load(text, with: data, sources: sources).plan()
            return nil
        } catch let error as TaskFileError {
            return error
        }
    }
}

extension TaskFile {
    /// What is wrong with a task file whatever it is given: with its aliases, with the form of its templates, and with
    /// all of it if it has no templates. What only a policy denies is fine.
    ///
    /// - Parameters:
    ///   - data: a guess.
    ///   - settings: those of the installation.
    public static func errorOfSyntax(in text: String, with data: TemplateData, settings: TaskFileSettings)
        -> TaskFileError?
    {
        do throws(TaskFileError) {
            let graph = try TaskGraph(try TaskFile(text, with: data, aliasImages: settings.aliasImages))
            _ = try TaskPlan(graph, policy: .allowingAll, sharedVolume: data.run.sharedVolume)
            return nil
        } catch {
            // Files of aliases are not at hand.
            guard error.code != .aliasSource else { return nil }
            return error.isOfSyntax || !text.contains("{{") && !text.contains("alias") ? error : nil
        }
    }
}

extension PoolPolicy {
    /// A policy that denies nothing.
    public static let allowingAll = PoolPolicy(allowed: Set(StepPermission.allCases))
}

extension TaskFileError {
    /// Whether it is there before templates are filled in.
    fileprivate var isOfSyntax: Bool {
        switch code {
        case .templateSyntax, .aliasName, .aliasDirective: true
        default: false
        }
    }
}
