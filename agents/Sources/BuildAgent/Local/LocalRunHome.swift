import Contexts
import DockerEngine
import Foundation
import Logging

/// A folder that one local run has for itself while it goes on. What a killed run left on the daemon is found through
/// the folder that it left here.
public final class LocalRunHome: Sendable {
    let directory: String
    private let parent: String
    private let lock: FileLock

    /// - Parameters:
    ///   - parent: for all local runs of one user; made if missing.
    ///   - endpoint: of the daemon, whose things no other one can remove.
    /// - Throws: ``ContextError``.
    public init(in parent: String, endpoint: String) throws {
        self.parent = parent
        directory = parent + "/" + String(UInt64.random(in: .min ... .max), radix: 36)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try Data(endpoint.utf8).write(to: URL(fileURLWithPath: Self.endpointPath(directory)))
        } catch {
            throw ContextError.folderUnwritable(directory, reason: "\(error.localizedDescription)")
        }
        guard let lock = try FileLock(trying: Self.lockPath(directory), .exclusive) else {
            throw ContextError.folderUnwritable(directory, reason: "somebody else uses it")
        }
        self.lock = lock
    }

    private static func endpointPath(_ directory: String) -> String { directory + "/endpoint" }

    /// What a ``Daemon`` keeps, apart from what is ours.
    static func daemonPath(_ directory: String) -> String { directory + "/daemon" }

    private static func lockPath(_ directory: String) -> String { directory + "/lock" }

    /// Removes what runs whose process is gone left on the daemon, and their folders.
    func removeLeftovers(on client: DockerClient, logger: Logger) async {
        // Unreadable: nothing to remove.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] {
            let other = parent + "/" + name
            guard other != directory, let lock = try? FileLock(trying: Self.lockPath(other), .exclusive) else {
                continue
            }
            // Without one nothing was begun yet.
            let endpoint = try? String(contentsOfFile: Self.endpointPath(other), encoding: .utf8)
            guard endpoint == nil || endpoint == client.endpoint else { continue }
            do {
                guard
                    try await Daemon(client: client, directory: Self.daemonPath(other)).removeLeftovers(logger: logger)
                else {
                    continue
                }
                try FileManager.default.removeItem(atPath: other)
            } catch {
                logger.warning("leftovers not removed", metadata: ["folder": "\(other)", "error": "\(error)"])
            }
            withExtendedLifetime(lock) {}
        }
    }

    /// Takes the folder away: nothing of the run is left.
    func close() async {
        try? FileManager.default.removeItem(atPath: directory)  // what stays is removed by the next run
        withExtendedLifetime(lock) {}
    }
}
