import ArgumentParser
import BuildAgent
import Contexts
import CurlHTTP
import DockerEngine
import Foundation
import Logging
import TaskFiles
import TaskModel

/// `slipway exec`.
struct ExecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Carry out a task file on this machine's docker daemon, without a server.",
        discussion: """
            For trying a task file before it is committed: the steps run exactly as on an agent. What containers and \
            builds print goes to standard output, what the agent says about them to standard error. Nothing of the run \
            stays on the daemon but the layers of what it built; names of images that it built are taken away too.

            Images are pulled and pushed with the logins of 'docker login' (in ~/.docker/config.json).

            Exit codes: \(ExitStatus.table)
            """)

    @Argument(help: "The task file; '-' for standard input.", completion: .file())
    var file: String

    @Argument(
        help:
            "What is in the workspace: a folder, a git reference URL[#REF[:FOLDER]], an archive's URL, or /dev/null for nothing."
    )
    var context = "/dev/null"

    @OptionGroup var options: TaskFileOptions

    @Option(
        help: ArgumentHelp(
            "What steps may do that reaches beyond their containers: \(StepPermission.allCases.map(\.rawValue).joined(separator: ", ")), or all. Separated by commas.",
            valueName: "names"))
    var policy: PolicyOption = PolicyOption(allowed: [])

    @Option(help: "An image with sh and the docker client, for commands that need a shell. Default: docker.")
    var shellImage = TaskFileSettings().shellImage

    @Flag(help: "Let 'alias: src:' name https URLs.")
    var remoteAliases = false

    @Option(help: "The longest the run may take, in seconds.")
    var timeout = 28_800

    @Option(help: "os[/architecture[/variant]]. Default: linux/amd64.")
    var platform: String?

    @Flag(help: "Put .git into the workspace, as '!.git/**' at the end of the ignore file would.")
    var includeGit = false

    @Option(
        help: "A file with a token for the git server, for https. Default: what the URL holds, or no login.",
        completion: .file())
    var gitTokenFile: String?

    @Option(help: "The docker daemon. Default: DOCKER_HOST, or unix:///var/run/docker.sock.")
    var docker: String?

    @Option(help: "Copy what is in the workspace at the end into this folder.", completion: .directory)
    var workspaceOut: String?

    @Option(help: "Write what became of the run and its steps to this file.", completion: .file())
    var jsonResult: String?

    func validate() throws {
        guard (1...28_800).contains(timeout) else { throw ValidationError("--timeout is 1 to 28800 seconds.") }
        if let platform, Platform(platform) == nil {
            throw ValidationError("'\(platform)' is no platform. Write it as linux/amd64 or linux/arm64/v8.")
        }
    }

    func run() async throws {
        try await reporting {
            let run = try await localRun()
            let access = try sourceAccess
            let client = try DockerClient(endpoint: docker ?? Self.standardEndpoint)
            let home = try LocalRunHome(in: SettingsFolder.state() + "/exec", endpoint: client.endpoint)
            let ending = try await carryingOut { console in
                try await run.carryOut(
                    on: client, home: home, access: access, http: HTTPClient(), console: console,
                    logger: Logger(label: "slipway.exec") { _ in SwiftLogNoOpLogHandler() })
            }
            if let jsonResult { try write(Array(ExecResult(ending).json.utf8), to: jsonResult) }
            let status = ending.outcome.status
            guard status != .succeeded else { return }
            if status != .canceled { Terminal.say("The run ended as \(status.rawValue).") }
            throw ExitStatus(status).exitCode
        }
    }

    private func localRun() async throws -> LocalRun {
        var request = TaskFileRequest(
            taskFile: .content(Secret(try TaskFileOptions.text(of: file))),
            valuesFile: try options.valuesText().map { .content(Secret($0)) }, values: options.taskValues)
        if let platform = platform.flatMap(Platform.init) { request.platform = platform }
        request.includeGit = includeGit
        var run = LocalRun(variables: try options.variables(), request: request)
        run.defaults = options.defaults
        run.secrets = try options.secretStore()
        run.policy.allowed = policy.allowed
        run.settings = TaskFileSettings(shellImage: shellImage, allowsRemoteAliases: remoteAliases)
        run.credentials = try DockerLogins.read()
        run.timeout = .seconds(timeout)
        run.workspaceOut = workspaceOut
        run.source = try await source()
        return run
    }

    private func source() async throws -> LocalRun.Source {
        switch try ContextLocation(context, localPath: FolderContext.localPath) {
        case .none: return .none
        case .folder(let path):
            let prepared = try await BlockingExecutor.shared.run {
                try FolderContext.prepare(path, dockerfile: .ifPresent, includeGit: includeGit)
            }
            for notice in prepared.notices { Terminal.say("Note: \(notice)") }
            return .prepared(prepared)
        case .git, .download: return .remote(context)
        case .artifact(let name): throw ContextError.artifact(name)
        case .standardInput: throw CommandError.noArchiveForExec
        }
    }

    /// As the user of this machine reaches what was typed, over plain http too.
    private var sourceAccess: GitAccess {
        get throws {
            switch try ContextLocation(context, localPath: FolderContext.localPath) {
            case .git(let reference): try LocalSources.gitAccess(for: reference, tokenFile: gitTokenFile)
            case .download(let url):
                GitAccess(client: LocalSources.client(allowing: HTTPOrigin(url: url)?.description))
            default: GitAccess(client: LocalSources.client(allowing: nil))
            }
        }
    }

    /// Lets Ctrl-C and a request to end cancel the run. A second one leaves at once; the next `exec` cleans up.
    private func carryingOut(
        _ work: @escaping @Sendable (any RunConsole) async throws -> LocalRun.Ending
    ) async throws -> LocalRun.Ending {
        let interrupts = await Interrupts(signals: [SIGINT, SIGTERM])
        interrupts.leave(saying: "Left. What the run made on the daemon is removed by the next 'slipway exec'.")
        return try await withThrowingTaskGroup(of: LocalRun.Ending?.self) { group in
            group.addTask { try await work(ExecConsole()) }
            group.addTask {
                for await _ in interrupts.first {
                    Terminal.say("Canceling the run...")
                    return nil
                }
                return nil
            }
            var ending: LocalRun.Ending?
            while let next = try await group.next() {
                ending = next ?? ending
                group.cancelAll()
            }
            guard let ending else { throw CancellationError() }
            return ending
        }
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandError.unwritable(file: path, reason: error.localizedDescription)
        }
    }

    private static var standardEndpoint: String {
        let given = ProcessInfo.processInfo.environment["DOCKER_HOST"] ?? ""
        return given.isEmpty ? "unix:///var/run/docker.sock" : given
    }
}

/// `--policy`.
struct PolicyOption: ExpressibleByArgument {
    let allowed: Set<StepPermission>

    init(allowed: Set<StepPermission>) {
        self.allowed = allowed
    }

    init?(argument: String) {
        var allowed: Set<StepPermission> = []
        for name in argument.split(separator: ",") {
            if name == "all" {
                allowed.formUnion(StepPermission.allCases)
                continue
            }
            guard let permission = StepPermission(rawValue: String(name)) else { return nil }
            allowed.insert(permission)
        }
        self.allowed = allowed
    }

    var defaultValueDescription: String {
        allowed.isEmpty ? "none" : allowed.map(\.rawValue).sorted().joined(separator: ",")
    }
}
