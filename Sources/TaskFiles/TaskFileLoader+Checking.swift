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
            if let first, first.code != error.code { return nil }
            first = first ?? error
        }
        guard let error = first, let data = guesses.first else { return nil }
        if error.isOfSyntax { return error }
        var lines = try TaskFileLines(text)
        let aliases = try await aliases(of: &lines, data, sources)
        return try TaskFileTemplate(lines, aliases: aliases).dependsOnGuesses ? nil : error
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
    /// - Parameter data: a guess.
    public static func errorOfSyntax(in text: String, with data: TemplateData) -> TaskFileError? {
        do throws(TaskFileError) {
            let graph = try TaskGraph(try TaskFile(text, with: data))
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

extension TaskFileTemplate {
    /// Whether what is only guessed about a run may decide what the file says.
    fileprivate var dependsOnGuesses: Bool {
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            rest = rest[open.upperBound...]
            let close = rest.firstRange(of: "}}")
            if Self.dependsOnGuesses(rest[..<(close?.lowerBound ?? rest.endIndex)]) { return true }
            rest = rest[(close?.upperBound ?? rest.endIndex)...]
        }
        return false
    }

    private static func dependsOnGuesses(_ action: Substring) -> Bool {
        // A value in its plain place, or a comment.
        if action.hasPrefix("/*")
            || action.wholeMatch(of: /-?\s*\.(Values|Run|Build|Secrets)(\.[A-Za-z0-9_]+)+\s*-?/) != nil
        {
            return false
        }
        // What is known of a run before it begins, and texts and numbers.
        let unknown = action.replacing(
            /\.(Values(\.[A-Za-z0-9_]+)+|Run\.(Registry|RegistryName|OS|OSVersion|Architecture|TaskName))\b/, with: ""
        ).replacing(/"([^"\\]|\\.)*"|`[^`]*`|[0-9.]*[0-9]/, with: "")
        // Functions that give something else each time, or tell the time.
        let changing = /\b(now|ago|uuidv4|htpasswd|bcrypt|shuffle|rand[A-Za-z]+|gen[A-Z][A-Za-z]+|encryptAES)\b/
        return unknown.contains(".") || unknown.firstMatch(of: changing) != nil
    }
}
