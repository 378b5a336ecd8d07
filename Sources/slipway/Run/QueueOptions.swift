import ArgumentParser
import ResourceAPI
import TaskModel

/// Options about a run's place in the queue.
struct QueueOptions: ParsableArguments {
    @Option(help: "-100 to 100: runs with a higher one are started first. Default: 0.")
    var priority: Int?

    @Option(
        help: ArgumentHelp(
            "How often the run begins anew, from its first step, after its agent was lost: 0 to 3. Default: 0, it ends as Error.",
            valueName: "times"))
    var retryOnAgentLoss: Int?

    func validate() throws {
        if let priority, !QueueSettings.priorities.contains(priority) {
            throw ValidationError("--priority must be -100 to 100.")
        }
        if let retryOnAgentLoss, !(0...QueueSettings.mostRetries).contains(retryOnAgentLoss) {
            throw ValidationError("--retry-on-agent-loss must be 0 to \(QueueSettings.mostRetries).")
        }
    }

    /// Nil if nothing was said.
    var properties: QueueProperties? {
        priority == nil && retryOnAgentLoss == nil
            ? nil : QueueProperties(priority: priority, retryOnAgentLoss: retryOnAgentLoss)
    }
}

/// Options about the runs of a task among each other.
struct TaskQueueOptions: ParsableArguments {
    @OptionGroup var queue: QueueOptions

    @Option(help: "The most runs of the task that go on at once; 0 for any number.")
    var concurrency: Int?

    @Option(help: "Cancel older runs of the task for the same branch that still wait: true or false.")
    var supersede: Bool?

    func validate() throws {
        if let concurrency, !(0...QueueSettings.mostParallelRuns).contains(concurrency) {
            throw ValidationError("--concurrency must be 0 to \(QueueSettings.mostParallelRuns).")
        }
    }

    /// Nil if nothing was said.
    var properties: QueueProperties? {
        var properties = queue.properties ?? QueueProperties()
        properties.concurrency = concurrency
        properties.supersedes = supersede
        return properties == QueueProperties() ? nil : properties
    }
}
