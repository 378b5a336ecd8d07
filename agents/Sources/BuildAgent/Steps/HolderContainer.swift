import DockerEngine
import Synchronization

/// The container of one run that holds its volumes and never runs: files go into them and come back through it. Made
/// when it is first needed.
actor HolderContainer {
    private let daemon: Daemon
    private let name: String
    private let labels: [String: String]
    private let volumes = Mutex<[VolumeMount]>([])
    private var making: Task<Void, any Error>?

    init(daemon: Daemon, name: String, labels: [String: String]) {
        self.daemon = daemon
        self.name = name
        self.labels = labels
    }

    /// - Parameter mounts: volumes that exist.
    nonisolated func setVolumes(_ mounts: [VolumeMount]) {
        volumes.withLock { $0 = mounts }
    }

    /// - Returns: its name.
    func ensure() async throws -> String {
        try Task.checkCancellation()
        let task =
            making
            ?? Task { [daemon, name, labels, mounts = volumes.withLock(\.self)] in
                var settings = ContainerSettings(image: HolderImage.name)
                settings.command = ["none"]
                settings.labels = labels
                settings.network = "none"
                settings.mounts = mounts
                try await daemon.holderImage.ensure()
                do {
                    _ = try await daemon.client.createContainer(name, settings)
                } catch DockerError.refused(_, 409, _) {
                    // An earlier process of the agent made it.
                }
            }
        making = task
        do {
            try await task.value
        } catch {
            making = nil
            throw error
        }
        return name
    }
}
