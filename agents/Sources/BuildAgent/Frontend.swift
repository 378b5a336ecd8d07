import DockerEngine
import TaskFiles
import TaskModel

/// What reads a Dockerfile: the builder itself, or the frontend image of its `# syntax=` line after the installation's
/// rules (`builds.syntax`).
struct Frontend {
    /// As it goes to the builder.
    let dockerfile: [UInt8]
    /// The image that the builder fetches; nil if it reads the file itself.
    let image: String?
    /// For the log; nil if the line is as it was.
    let notice: String?
    private let line: SyntaxLine?

    /// The build argument that names a frontend to newer builders, before any line does.
    private static let argument = "BUILDKIT_SYNTAX"

    /// - Throws: ``StepProblem`` if a rule can't be applied.
    init(_ dockerfile: [UInt8], rules: [SyntaxRule]) throws {
        let line = SyntaxLine(in: dockerfile)
        self.line = line
        guard let line, let rule = Self.replacement(for: line.image, rules) else {
            (self.dockerfile, image, notice) = (dockerfile, line?.image, nil)
            return
        }
        let changed: [UInt8]?
        switch rule {
        case .builtin:
            changed = line.removed()
            image = nil
            notice =
                "Line \(line.number) of the Dockerfile, '\(line.text)', is left out: the builder reads the file itself."
        case .image(let other):
            changed = line.replacing(by: other.description)
            image = other.description
            notice = "Line \(line.number) of the Dockerfile, '\(line.text)', is read as \(other)."
        }
        guard let changed else {
            throw StepProblem(
                "the Dockerfile names its frontend as \(line.text), where the server's setting builds.syntax can't "
                    + "replace it; write it as '# syntax=\(line.image)' in its first line")
        }
        self.dockerfile = changed
    }

    /// Build arguments after the same rules.
    static func arguments(_ arguments: [BuildArgument], rules: [SyntaxRule]) -> [BuildArgument] {
        arguments.compactMap { argument in
            guard argument.name == Self.argument, let rule = replacement(for: argument.value.value, rules) else {
                return argument
            }
            guard case .image(let image) = rule else { return nil }
            return BuildArgument(
                name: argument.name, value: Secret(image.description), isSecret: argument.isSecret)
        }
    }

    private static func replacement(for image: String, _ rules: [SyntaxRule]) -> SyntaxRule.Replacement? {
        // What is no name fits only a rule for all.
        guard let image = try? ImageReference(image) else {
            return rules.contains { $0.source == nil } ? .builtin : nil
        }
        return rules.lazy.compactMap { $0.replacement(for: image) }.first
    }

    // MARK: Failures

    /// Says of a failed build what its frontend has to do with it.
    func explained(_ error: any Error) -> any Error {
        guard case DockerError.build(let failure) = error else { return error }
        switch failure {
        case .base(let reference, let reason): return lack(of: reference, reason) ?? error
        case .step(let message):
            guard let line, image == nil, Self.isOfNewerSyntax(message) else { return error }
            return StepProblem(
                "\(message). The Dockerfile's own frontend (line \(line.number), '\(line.text)') is left out by the server's "
                    + "setting builds.syntax, and this builder's own knows no here-documents and no --link or other "
                    + "new flags: write the Dockerfile without them, or let the setting name a mirror of \(line.image) "
                    + "in place of builtin")
        }
    }

    /// - Returns: nil if it is another image that can't be had.
    private func lack(of reference: String, _ reason: RegistryFailure) -> StepProblem? {
        // Names that can't be read are compared as they are.
        func full(_ name: String) -> String { (try? ImageReference(name))?.completed.description ?? name }
        guard let line, let image, full(image) == full(reference) else { return nil }
        let isMapped = full(image) != full(line.image)
        let mapped = isMapped ? ", which the server's setting builds.syntax reads as \(image)" : ""
        return StepProblem(
            "line \(line.number) of the Dockerfile, '\(line.text)', names a frontend\(mapped), and that image can't be "
                + "had: \(reason). Leave the line out if the Dockerfile needs nothing of it, or have the server's setting "
                + "builds.syntax map it: '\(line.image)=MIRROR/IMAGE:TAG' to an image that can be had, 'builtin' to the "
                + "builder itself")
    }

    /// Whether the parser met what only newer frontends know.
    private static func isOfNewerSyntax(_ message: String) -> Bool {
        message.contains("dockerfile parse error")
            && ["unknown instruction", "unknown flag"].contains { message.lowercased().contains($0) }
    }
}
