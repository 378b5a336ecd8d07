import DockerEngine
public import Logging

/// Kills what an agent has begun when the agent shows no sign of life: it was killed and not started again, is stopped
/// or hangs, and can't do so itself. To run as a process of its own.
public struct Watchdog: Sendable {
    private let client: DockerClient
    private let owner: String
    private let sign: LifeSign
    private let logger: Logger
    private let clock: any Clock<Duration>

    /// - Parameters:
    ///   - daemon: the agent's, in the same folder.
    ///   - sign: where the agent gives its sign of life.
    public init(daemon: Daemon, sign: LifeSign, logger: Logger) {
        self.init(daemon: daemon, sign: sign, logger: logger, clock: ContinuousClock())
    }

    init(daemon: Daemon, sign: LifeSign, logger: Logger, clock: any Clock<Duration>) {
        client = daemon.client
        owner = daemon.owner
        self.sign = sign
        self.logger = logger
        self.clock = clock
    }

    /// Watches until the task is canceled.
    public func run() async {
        await watch(on: clock)
    }

    private func watch(on clock: some Clock<Duration>) async {
        let start = clock.now
        var life = LifeWatch()
        while !Task.isCancelled {
            if life.look(sign.read(), at: start.duration(to: clock.now)) { await kill() }
            try? await clock.sleep(for: life.every)  // canceled: the loop ends
        }
    }

    private func kill() async {
        do {
            let running = try await client.containers(labels: ["\(RunLabels.owner)=\(owner)"]).filter {
                $0.status == "running" || $0.status == "paused"
            }
            guard !running.isEmpty else { return }
            logger.error("agent shows no sign of life: killing its containers", metadata: ["count": "\(running.count)"])
            await withTaskGroup(of: Void.self) { group in
                for container in running { group.addTask { await kill(container.id) } }
            }
        } catch {
            logger.error("containers not listed", metadata: ["error": "\(error)"])
        }
    }

    private func kill(_ container: String) async {
        do { try await client.killContainer(container) } catch {
            logger.error("container not killed", metadata: ["container": "\(container)", "error": "\(error)"])
        }
    }
}
