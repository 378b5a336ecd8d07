public import DockerEngine
import Foundation
import Logging
import TaskModel

/// A docker daemon as its runs share it: its client, and who writes which image name.
///
/// Pools that use the same daemon must share one of these.
public final class Daemon: Sendable {
    let client: DockerClient
    let names = ImageNameLocks()
    private let ledger: String

    /// - Parameter directory: made if missing; keeps the names that unfinished runs have made, so that a restart can remove them.
    public init(client: DockerClient, directory: String) throws {
        self.client = client
        ledger = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    /// Notes names that a run is about to make.
    func note(_ names: some Collection<String>, of run: RunID) throws {
        guard !names.isEmpty else { return }
        let text = names.sorted().joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: ledger + "/" + run.text), options: .atomic)
    }

    /// Takes the names that a run made off its images. Layers and caches stay until the daemon collects them.
    func removeNames(_ names: some Collection<String>, of run: RunID, logger: Logger) async {
        var isClean = true
        for name in names.sorted() {
            do {
                try await client.removeImage(name, noPrune: true)
            } catch {
                isClean = false
                logger.warning(
                    "image name not removed", metadata: ["run": "\(run)", "image": "\(name)", "error": "\(error)"])
            }
        }
        if isClean { try? FileManager.default.removeItem(atPath: ledger + "/" + run.text) }  // there may be none
    }

    /// Removes the names of runs that an earlier process could not end.
    func removeLeftovers(logger: Logger) async {
        // Unreadable: nothing to remove.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: ledger)) ?? []
        for file in files {
            guard let run = RunID(file), let text = try? String(contentsOfFile: ledger + "/" + file, encoding: .utf8)
            else { continue }
            await removeNames(text.split(separator: "\n").map(String.init), of: run, logger: logger)
        }
    }
}
