public import DockerEngine
import Foundation
import Logging
import Synchronization

/// Whether an agent can take runs: its docker daemon answers, and its disks have room.
public final class AgentHealth: Sendable {
    /// 5 GiB.
    public static let standardFreeDisk: Int64 = 5 << 30

    private static let interval = Duration.seconds(10)
    private static let patience = Duration.seconds(5)

    private let client: DockerClient
    /// Nil for an agent inside the server.
    private let directory: String?
    private let minFreeDisk: Int64
    private let known = Mutex<(isLooked: Bool, obstacle: String?)>((false, nil))

    /// - Parameters:
    ///   - directory: the agent's own, on whose disk runs need room. So they do where the daemon keeps its data, as far
    ///     as that is visible here.
    ///   - minFreeDisk: bytes on each of these disks.
    public init(client: DockerClient, directory: String, minFreeDisk: Int64 = standardFreeDisk) {
        self.client = client
        self.directory = directory
        self.minFreeDisk = minFreeDisk
    }

    /// That of an agent inside the server: the server looks after its disks itself, and no ``Watchdog`` is beside it.
    public init(of daemon: Daemon) {
        client = daemon.client
        directory = nil
        minFreeDisk = 0
    }

    /// Which a ``Watchdog`` looks for.
    var lifeSign: LifeSign? { directory.map { LifeSign(in: $0) } }

    /// Why no run can be taken, for people; nil if one can.
    public var obstacle: String? { known.withLock(\.obstacle) }

    /// Looks every 10 s until the task is canceled.
    ///
    /// - Parameter tell: told after each look.
    func watch(logger: Logger, _ tell: (_ obstacle: String?) async -> Void) async {
        while !Task.isCancelled {
            let obstacle = await look()
            let isNews = known.withLock { known in
                defer { known = (true, obstacle) }
                return !known.isLooked || known.obstacle != obstacle
            }
            if isNews {
                if let obstacle {
                    logger.warning("agent takes no runs", metadata: ["reason": "\(obstacle)"])
                } else {
                    logger.debug("agent takes runs")
                }
            }
            await tell(obstacle)
            try? await Task.sleep(for: Self.interval)  // canceled: the loop ends
        }
    }

    func doesDaemonAnswer() async -> Bool {
        (try? await client.ping(timeout: Self.patience)) != nil  // why not is told by who watches
    }

    /// Why no run can be taken now.
    func look() async -> String? {
        do {
            try await client.ping(timeout: Self.patience)
        } catch {
            return "\(error)"
        }
        guard let directory else { return nil }
        var folders = [directory]
        // It may hang in this moment: then the next look finds out.
        if let root = try? await client.info().rootFolder, FileManager.default.fileExists(atPath: root) {
            folders.append(root)
        }
        return folders.lazy.compactMap(shortage).first
    }

    private func shortage(in folder: String) -> String? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let free = Int64(status.f_bavail) * Int64(status.f_frsize)
        guard free < minFreeDisk else { return nil }
        return "less than \(Self.words(minFreeDisk)) free on the disk of \(folder): \(Self.words(free))"
    }

    private static func words(_ bytes: Int64) -> String {
        bytes >= 1 << 30
            ? String(format: "%.1f GiB", Double(bytes) / Double(1 << 30))
            : String(format: "%.0f MiB", Double(bytes) / Double(1 << 20))
    }
}
