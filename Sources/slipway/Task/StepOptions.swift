import ArgumentParser
import Foundation
import ResourceAPI
import TaskFiles
import TaskModel

/// Options about what a task does, spelled as `az acr task` spells them.
struct StepOptions: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: "A git reference URL[#REF[:FOLDER]], the URL of an archive, or /dev/null for a task without a context.")
    var context: String?

    @Option(
        name: [.short, .long],
        help: """
            The Dockerfile or, if it ends in .yaml, .yml and the like, the task file: relative to the context; without a \
            context the path of a task file on this machine, '-' for standard input.
            """)
    var file: String?

    @Option(name: .customLong("cmd"), help: "A command to run in a container, for a task without a context.")
    var command: String?

    @Option(
        name: [.customShort("t"), .customLong("image")],
        help: "Name and tag of the image, without the registry; give it again for more.")
    var images: [String] = []

    @Option(name: .customLong("arg"), help: "A build argument NAME=VALUE; NAME alone takes it from the environment.")
    var arguments: [String] = []

    @Option(name: .customLong("secret-arg"), help: "As --arg, kept encrypted and masked in logs.")
    var secretArguments: [String] = []

    @Option(name: .customLong("set"), help: "A value NAME=VALUE for the task file's templates.")
    var values: [String] = []

    @Option(name: .customLong("set-secret"), help: "As --set, kept encrypted and masked in logs.")
    var secretValues: [String] = []

    @Option(name: .customLong("values"), help: "A file of values: relative to the context.")
    var valuesFile: String?

    @Option(help: "The stage of the Dockerfile to build.")
    var target: String?

    @Option(help: "Only build: true or false.")
    var noPush: Bool?

    @Option(help: "Build every step anew: true or false.")
    var noCache: Bool?

    @Option(
        help: """
            A file with the token that fetches the context, '-' for standard input. Its triggers get the same token.
            """)
    var gitAccessTokenFile: String?

    @Option(help: "The token itself. Prefer --git-access-token-file: others on this machine can see the command line.")
    var gitAccessToken: String?

    func validate() throws {
        if gitAccessToken != nil, gitAccessTokenFile != nil {
            throw ValidationError("Give the token once: with --git-access-token-file or with --git-access-token.")
        }
    }

    func token() throws -> Secret? {
        if let gitAccessToken { return Secret(gitAccessToken) }
        guard let file = gitAccessTokenFile else { return nil }
        return Secret(try Self.text(ofFile: file).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// The step of a new task.
    ///
    /// - Parameter timeout: in seconds, also for a single command.
    func step(timeout: Int) throws -> TaskStepProperties {
        guard let context else { throw CommandError.noTaskContext }
        if context == "/dev/null" { return try encodedStep(timeout: timeout) }
        return try change(timeout: timeout, of: nil)
    }

    /// What the options say about a step; what they don't is nil.
    ///
    /// - Parameter stored: the step that is changed.
    func change(timeout: Int?, of stored: TaskStepProperties?) throws -> TaskStepProperties {
        if context == "/dev/null" || (context == nil && stored?.kind == .encoded) {
            if stored != nil, command == nil, file == nil {
                var step = TaskStepProperties()
                step.values = try valueProperties()
                return step
            }
            return try encodedStep(timeout: timeout)
        }
        var step = TaskStepProperties()
        step.contextPath = context
        step.contextAccessToken = try token()
        let isTaskFile = file.map { TaskDeclaration.isTaskFile($0) }
        if stored == nil || file != nil {
            step.type = (isTaskFile == true ? TaskStepProperties.Kind.file : .docker).rawValue
        }
        if (step.kind ?? stored?.kind) == .file {
            step.taskFilePath = file
            step.valuesFilePath = valuesFile
            step.values = try valueProperties()
        } else {
            step.dockerFilePath = file
            step.imageNames = images.isEmpty ? nil : images
            step.isPushEnabled = noPush.map(!) ?? (stored == nil ? !images.isEmpty : nil)
            step.noCache = noCache
            step.target = target
            step.arguments = try argumentProperties()
        }
        return step
    }

    private func encodedStep(timeout: Int?) throws -> TaskStepProperties {
        var step = TaskStepProperties()
        step.type = TaskStepProperties.Kind.encoded.rawValue
        step.encodedTaskContent = try TaskFileText.base64(command: command, file: file, timeout: timeout)
        step.values = try valueProperties() ?? []
        step.contextAccessToken = try token()
        return step
    }

    private func argumentProperties() throws -> [ArgumentProperties]? {
        guard !arguments.isEmpty || !secretArguments.isEmpty else { return nil }
        return arguments.map { ArgumentProperties(.argument, typed: $0, isSecret: false) }
            + secretArguments.map { ArgumentProperties(.argument, typed: $0, isSecret: true) }
    }

    private func valueProperties() throws -> [ArgumentProperties]? {
        guard !values.isEmpty || !secretValues.isEmpty else { return nil }
        return values.map { ArgumentProperties(.setValue, typed: $0, isSecret: false) }
            + secretValues.map { ArgumentProperties(.setValue, typed: $0, isSecret: true) }
    }

    private static func text(ofFile path: String) throws -> String {
        String(decoding: path == "-" ? try readAll(0, name: "standard input") : try readFile(path), as: UTF8.self)
    }
}

extension TaskValue {
    /// `NAME=VALUE`; a name alone takes its value from the environment.
    init(typed text: String, isSecret: Bool) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = parts.count > 1 ? parts[1] : ProcessInfo.processInfo.environment[parts[0]] ?? ""
        self.init(name: parts[0], value: Secret(value), isSecret: isSecret)
    }
}

extension ArgumentProperties {
    /// As ``TaskValue/init(typed:isSecret:)``.
    init(_ kind: Kind, typed text: String, isSecret: Bool) {
        let value = TaskValue(typed: text, isSecret: isSecret)
        self.init(kind, name: value.name, value: value.value, isSecret: isSecret)
    }
}

/// The task file of a run or task without a context.
enum TaskFileText {
    /// In base64: of a command, or of a file on this machine.
    ///
    /// - Parameter timeout: in seconds, for the command.
    static func base64(command: String?, file: String?, timeout: Int?) throws -> String {
        let bytes: [UInt8]
        switch (command, file) {
        case (let command?, nil): bytes = Array(text(of: command, timeout: timeout).utf8)
        case (nil, "-"?): bytes = try readAll(0, name: "standard input")
        case (nil, let file?): bytes = try readFile(file)
        default: throw CommandError.commandOrFile
        }
        return Data(bytes).base64EncodedString()
    }

    /// As the Azure CLI writes it, but with the command as a quoted text: one with ': ' or ' #' in it is a command too.
    static func text(of command: String, timeout: Int?) -> String {
        let quoted = JSONDocument.text(command).text()
        return "version: v1.1.0\nsteps:\n  - cmd: \(quoted)\n    disableWorkingDirectoryOverride: true\n"
            + (timeout.map { "    timeout: \($0)\n" } ?? "")
    }
}
