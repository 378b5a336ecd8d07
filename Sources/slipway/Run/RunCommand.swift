import ArgumentParser
import Contexts
import ResourceAPI
import TaskModel

/// `slipway run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Carry out a task file, or a single command in a container.",
        discussion: """
            The context is what 'slipway build' takes. With /dev/null there is none: the task file is read from this \
            machine (-f, '-' for standard input), or made of --cmd.

            Exit codes: \(ExitStatus.table)
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The context: a folder, a git reference URL[#REF[:FOLDER]], an archive's URL, '-' or /dev/null.")
    var context: String

    @Option(name: [.short, .long], help: "The task file. Default: acb.yaml in the context.", completion: .file())
    var file: String?

    @Option(name: .customLong("cmd"), help: "A command to run in a container, with /dev/null as context.")
    var command: String?

    @Option(name: .customLong("set"), help: "A value NAME=VALUE for the task file's templates.")
    var values: [String] = []

    @Option(
        name: .customLong("set-secret"),
        help: "As --set, masked in the log. Prefer NAME alone: other users of this machine can see the command line.")
    var secretValues: [String] = []

    @Option(name: .customLong("values"), help: "A file of values: relative to the context.")
    var valuesFile: String?

    @Option(help: "os[/architecture[/variant]]. Default: linux/amd64.")
    var platform: String?

    @Option(help: "The longest the run may take, in seconds. Default: the server's (3600).")
    var timeout: Int?

    @Option(help: "The agent pool to run on.")
    var agentPool: String?

    @Option(help: "Log in to the registry (Default) or not (None).", completion: .list(["Default", "None"]))
    var authMode: String?

    @Flag(help: "Put .git into the context, as '!.git/**' at the end of the ignore file would.")
    var includeGit = false

    @OptionGroup var queue: QueueOptions
    @OptionGroup var times: TimeOptions
    @OptionGroup var following: FollowOptions

    func validate() throws {
        if let platform, Platform(platform) == nil {
            throw ValidationError("'\(platform)' is no platform. Write it as linux/amd64 or linux/arm64/v8.")
        }
        if command != nil, context != "/dev/null" {
            throw ValidationError("--cmd goes with /dev/null as context. Put the command into a task file otherwise.")
        }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try await following.follow(try await request(on: connection), kind: "run", in: connection)
        }
    }

    private func request(on connection: Connection) async throws -> ScheduleRunRequest {
        if context == "/dev/null" {
            var request = EncodedTaskRunRequest()
            request.encodedTaskContent = try TaskFileText.base64(command: command, file: file, timeout: timeout)
            fill(&request)
            return .encodedTask(request)
        }
        var request = FileTaskRunRequest()
        request.taskFilePath = file
        request.valuesFilePath = valuesFile
        fill(&request)
        let source = try await BuildContext(
            context, dockerfile: .ifPresent, includesGit: includeGit, latestTime: try times.latest()
        ).hand(to: connection)
        request.sourceLocation = source.location
        request.appliesIgnoreFile = source.appliesIgnoreFile
        request.includeGit = source.includeGit
        return .fileTask(request)
    }

    private func fill(_ request: inout some TaskFileRunRequest) {
        let platform = platform.flatMap(Platform.init) ?? .linuxAMD64
        request.platform = PlatformProperties(
            os: platform.os, architecture: platform.architecture ?? Platform.linuxAMD64.architecture,
            variant: platform.variant)
        request.values =
            values.map { ArgumentProperties(.setValue, typed: $0, isSecret: false) }
            + secretValues.map { ArgumentProperties(.setValue, typed: $0, isSecret: true) }
        request.timeout = timeout
        request.agentPoolName = agentPool
        request.queue = queue.properties
        request.credentials = CredentialsProperties(
            sourceRegistry: authMode.map { CredentialsProperties.SourceRegistry(loginMode: $0) })
    }
}
