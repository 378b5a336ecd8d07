import DockerEngine
import Logging
import TaskModel

/// The image names that runs have on the daemon.
extension Daemon {
    /// Whether a run may take what the daemon has by this name without asking its registry.
    func mayTake(_ name: String, for attempt: RunAttempt) -> Bool {
        let holder = names.holder(of: name)
        return (holder == nil || holder == attempt.run) && runNames.mayTake(name, for: attempt)
    }

    /// Takes the names that a run has put on the daemon off their images, at its end, but those that other runs use.
    /// What can't be taken off yet is tried again by ``removeOwed(logger:)``. Layers and caches stay until the daemon
    /// collects them.
    func removeNames(of attempt: RunAttempt, logger: Logger) async {
        runNames.end(attempt)
        await remove(runNames.due(of: attempt.run), logger: logger)
    }

    /// As ``removeNames(of:logger:)``, of these alone.
    func remove(names: Set<String>, of attempt: RunAttempt, logger: Logger) async {
        runNames.leave(names, by: attempt)
        await remove(runNames.due(of: attempt.run).filter { names.contains($0.name) }, logger: logger)
    }

    /// Tries all that are to go.
    ///
    /// - Returns: whether they are gone.
    @discardableResult
    func removeDueNames(level: Logger.Level = .warning, logger: Logger) async -> Bool {
        await remove(runNames.due(), level: level, logger: logger)
    }

    /// - Returns: whether all of these are gone.
    @discardableResult
    private func remove(_ due: [(name: String, run: RunID)], level: Logger.Level = .warning, logger: Logger) async
        -> Bool
    {
        guard !due.isEmpty else { return true }
        guard await answers() else {
            logger.log(level: level, "image names not removed yet", metadata: ["images": "\(due.map(\.name))"])
            return false
        }
        var isClean = true
        for (name, run) in due {
            do {
                isClean =
                    try await names.whileFree(name, for: run) {
                        guard runNames.isDue(name) else { return }
                        try await client.removeImage(name, noPrune: true)
                        runNames.noteRemoved(name)
                    } && isClean
            } catch {
                isClean = false
                logger.log(
                    level: level, "image name not removed",
                    metadata: ["run": "\(run)", "image": "\(name)", "error": "\(error)"])
            }
        }
        return isClean
    }
}
