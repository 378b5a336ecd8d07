import ArgumentParser
import Contexts
import ResourceAPI
import TaskModel

/// Options about how and when a task runs, spelled as `az acr task` spells them.
struct TaskOptions: ParsableArguments {
    @Option(help: "Enabled or Disabled.", completion: .list(["Enabled", "Disabled"]))
    var status: String?

    @Option(help: "os[/architecture[/variant]].")
    var platform: String?

    @Option(help: "Processors to ask for.")
    var cpu: Int?

    @Option(help: "The longest a run may take, in seconds.")
    var timeout: Int?

    @Option(help: "The agent pool to run on.")
    var agentPool: String?

    @Option(help: "Where the log goes as an artifact.")
    var logTemplate: String?

    @Option(help: "Log in to the registry (Default) or not (None).", completion: .list(["Default", "None"]))
    var authMode: String?

    @Option(help: "Run on commits: true or false. Default: true if the context is a git repository.")
    var commitTriggerEnabled: Bool?

    @Option(help: "Run on pull requests: true or false.")
    var pullRequestTriggerEnabled: Bool?

    @Option(help: "The name of the source trigger.")
    var sourceTriggerName = StandardTriggerName.source

    @Option(help: "Run when a base image changes: true or false. Default: true.")
    var baseImageTriggerEnabled: Bool?

    @Option(help: "All: any image of the Dockerfile; Runtime: those of its last stage.")
    var baseImageTriggerType: String?

    @Option(help: "The name of the base image trigger.")
    var baseImageTriggerName = StandardTriggerName.baseImage

    @Option(
        help: "A schedule of five fields, UTC, or NAME:SCHEDULE; give it again for more. As in --schedule '0 21 * * *'."
    )
    var schedule: [String] = []

    @OptionGroup(title: "Which commits and pull requests") var filter: FilterOptions
    @OptionGroup var queue: TaskQueueOptions

    func validate() throws {
        if let platform, Platform(platform) == nil {
            throw ValidationError("'\(platform)' is no platform. Write it as linux/amd64 or linux/arm64/v8.")
        }
        for schedule in timers.compactMap(\.schedule) {
            do throws(InvalidName) {
                _ = try CronSchedule(schedule)
            } catch {
                throw ValidationError(error.description)
            }
        }
    }

    /// Named t1, t2, … by their position, unless they say otherwise.
    var timers: [TimerTriggerProperties] {
        schedule.enumerated().map { index, text in
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2
                ? TimerTriggerProperties(name: parts[0], status: "Enabled", schedule: parts[1])
                : TimerTriggerProperties(name: StandardTriggerName.timer(at: index), status: "Enabled", schedule: text)
        }
    }

    /// What the options say; what they don't is nil.
    func properties() -> TaskProperties {
        var properties = TaskProperties()
        properties.status = status
        properties.platform = platform.flatMap(Platform.init).map {
            PlatformProperties(
                os: $0.os, architecture: $0.architecture ?? Platform.linuxAMD64.architecture, variant: $0.variant)
        }
        properties.agentConfiguration = cpu.map { AgentConfiguration(cpu: $0) }
        properties.timeout = timeout
        properties.agentPoolName = agentPool
        properties.logTemplate = logTemplate
        properties.queue = queue.properties
        properties.credentials = authMode.map {
            CredentialsProperties(sourceRegistry: CredentialsProperties.SourceRegistry(loginMode: $0))
        }
        return properties
    }

    /// The base image trigger of a new task, or what is to be changed of one.
    func baseImageTrigger(isNew: Bool) -> BaseImageTriggerProperties? {
        guard isNew ? baseImageTriggerEnabled != false : baseImageTriggerEnabled != nil || baseImageTriggerType != nil
        else { return nil }
        var trigger = BaseImageTriggerProperties()
        trigger.name = baseImageTriggerName
        trigger.status = baseImageTriggerEnabled.map { $0 ? "Enabled" : "Disabled" } ?? (isNew ? "Enabled" : nil)
        trigger.baseImageTriggerType = baseImageTriggerType ?? (isNew ? "Runtime" : nil)
        return trigger
    }

    private static func isRepository(_ context: String) -> Bool {
        // What can't be read is for the server to tell of.
        if case .git? = try? ContextLocation(context) { true } else { false }
    }

    /// The source trigger of a new task; nil for none.
    ///
    /// - Parameter context: as typed.
    func sourceTrigger(context: String, token: Secret?) -> SourceTriggerProperties? {
        var events: [String] = []
        if commitTriggerEnabled ?? (token != nil || Self.isRepository(context)) { events.append("commit") }
        if pullRequestTriggerEnabled == true { events.append("pullrequest") }
        guard !events.isEmpty, context != "/dev/null" else { return nil }
        var trigger = SourceTriggerProperties()
        trigger.name = sourceTriggerName
        trigger.status = "Enabled"
        trigger.sourceTriggerEvents = events
        trigger.sourceRepository = SourceRepositoryProperties(context, token: token)
        trigger.filter = filter.properties
        return trigger
    }
}
