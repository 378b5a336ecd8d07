/// What a command says about the health check of its container. Nobody waits for what it finds.
public struct ContainerHealth: Sendable, Hashable {
    /// Whether the image's own check is off.
    public let isOff: Bool
    /// For a shell in the container; nil is the image's.
    public let command: String?
    public let interval: Duration?
    public let timeout: Duration?
    public let startPeriod: Duration?
    public let retries: Int?

    /// Nil if nothing is said.
    init?(_ line: CommandOptions) throws(CommandProblem) {
        isOff = line.isOn("no-healthcheck")
        command = line.last("health-cmd")
        interval = try line.duration("health-interval")
        timeout = try line.duration("health-timeout")
        startPeriod = try line.duration("health-start-period")
        retries = try line.number("health-retries", in: 0...1_000_000, "number of checks").map(Int.init)
        let isSet = command != nil || interval != nil || timeout != nil || startPeriod != nil || retries != nil
        guard isOff || isSet else { return nil }
        guard !(isOff && isSet) else { throw .syntax("'--no-healthcheck' can't stand beside '--health-…'") }
    }
}
