public import DockerEngine
import Foundation
import Logging
import Synchronization
import TaskModel

/// A docker daemon as its runs share it: its client, and who writes which image name.
///
/// Pools that use the same daemon must share one of these.
public final class Daemon: Sendable {
    let client: DockerClient
    let names = ImageNameLocks()
    /// Marks what runs of this server make on the daemon; stays the same over restarts.
    let owner: String
    let holderImage: HolderImage
    let isolatedNetwork: IsolatedNetwork
    let contextKeys: ContextKeys
    /// By which the daemon tells apart whom it may give a registry's token again. New in every process: tokens live for
    /// minutes.
    let tokenSecret: [UInt8] = {
        var generator = SystemRandomNumberGenerator()
        return (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }()
    let runNames: RunNames
    private let sweep = Mutex<Task<Bool, Never>?>(nil)
    private let debts = Mutex(Debts())

    /// What is on the daemon and nobody looks after.
    private struct Debts {
        /// Runs that have ended and could not be cleaned up after, since the daemon did not answer.
        var ended: Set<RunAttempt> = []
        /// Once it could not be swept whole: whom the next sweep is to spare, all runs of this process among them.
        var spared: Set<RunAttempt>?
        /// Whether a run of an earlier process was neither gone on with nor removed.
        var hasLeft = false
    }

    /// - Parameter directory: made if missing; keeps the names that unfinished runs have made, so that a restart can remove them.
    public init(client: DockerClient, directory: String) throws {
        self.client = client
        runNames = RunNames(ledger: NameLedger(directory: directory))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        owner = try Self.owner(in: directory)
        holderImage = HolderImage(client: client)
        isolatedNetwork = IsolatedNetwork(client: client)
        contextKeys = try ContextKeys(in: directory)
    }

    /// A daemon may serve several servers, which tell their things apart by this.
    private static func owner(in directory: String) throws -> String {
        let owner = try LastingFile.content(of: directory + "/.owner", count: 12) {
            let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
            return (0..<12).map { _ in digits[Int.random(in: 0..<36)] }
        }
        return String(decoding: owner, as: UTF8.self)
    }

    /// Removes what runs of an earlier process left behind: names, containers, volumes and networks. Once in the life
    /// of a process, however many ask: later ones have runs of their own. What is not gone then is for
    /// ``removeOwed(logger:)``.
    ///
    /// - Parameter spared: runs that go on.
    /// - Returns: whether all of it is gone.
    @discardableResult
    func removeLeftovers(sparing spared: Set<RunAttempt> = [], logger: Logger) async -> Bool {
        let task = sweep.withLock { sweep in
            let task =
                sweep
                ?? Task {
                    runNames.takeOver(sparing: spared)
                    // Names come last: a container keeps its image's.
                    let areThingsGone = await removeThings(sparing: { spared.contains($0) }, logger: logger)
                    if !areThingsGone { debts.withLock { $0.spared = spared } }
                    return await removeDueNames(logger: logger) && areThingsGone
                }
            sweep = task
            return task
        }
        return await task.value
    }

    /// Removes what runs of this owner made.
    private func removeThings(sparing isSpared: @Sendable (RunAttempt) -> Bool, logger: Logger) async -> Bool {
        await remove(
            labels: ["\(RunLabels.owner)=\(owner)"], sparing: isSpared, reachesOthers: true, logger: logger)
    }

    /// A run of this process is about to make something.
    func begin(_ attempt: RunAttempt) {
        debts.withLock { _ = $0.spared?.insert(attempt) }
    }

    /// What a run of an earlier process has here is left to the next one.
    func leave() {
        debts.withLock { $0.hasLeft = true }
    }

    /// Removes containers, then volumes and networks, that have all of these labels.
    ///
    /// - Parameters:
    ///   - isSpared: asked after what there is was listed.
    ///   - reachesOthers: also removes containers without them that are on such a volume or network: steps with the
    ///     daemon's socket can begin some.
    /// - Returns: whether all of them are gone.
    @discardableResult
    func remove(
        labels: [String], sparing isSpared: @Sendable (RunAttempt) -> Bool = { _ in false }, reachesOthers: Bool,
        logger: Logger
    ) async -> Bool {
        var isClean = true
        func isKept(_ labels: [String: String]?) -> Bool {
            labels.flatMap { RunAttempt(labels: $0) }.map(isSpared) ?? false
        }
        func attempt(_ what: String, _ work: () async throws -> Void) async {
            do {
                try await work()
            } catch {
                isClean = false
                logger.warning("\(what) not removed", metadata: ["error": "\(error)"])
            }
        }
        await attempt("containers") {
            var containers = try await client.containers(labels: labels).filter { !isKept($0.labels) }.map(\.id)
            if reachesOthers { containers += try await containersOnThings(with: labels, sparing: isKept) }
            await withTaskGroup(of: Void.self) { group in
                for container in Set(containers) {
                    group.addTask { [self] in await removeContainer(container, logger: logger) }
                }
            }
        }
        await attempt("volumes") {
            for volume in try await client.volumes(labels: labels) where !isKept(volume.labels) {
                await attempt("volume") { try await client.removeVolume(volume.name) }
            }
        }
        await attempt("networks") {
            for network in try await client.networks(labels: labels) where !isKept(network.labels) {
                await attempt("network") { try await client.removeNetwork(network.id) }
            }
        }
        return isClean
    }

    /// Removes what a run made, its image names too, now or when the daemon answers again.
    func removeAll(of attempt: RunAttempt, reachesOthers: Bool, logger: Logger) async {
        let labels = attempt.labels(of: owner).map { "\($0.key)=\($0.value)" }.sorted()
        var isClean = await answers()
        if isClean { isClean = await remove(labels: labels, reachesOthers: reachesOthers, logger: logger) }
        if !isClean {
            logger.warning("run not cleaned up after yet", metadata: ["run": "\(attempt.run)"])
            debts.withLock { _ = $0.ended.insert(attempt) }
        }
        await removeNames(of: attempt, logger: logger)
    }

    /// Whether there is something of runs that nobody looks after.
    var owes: Bool { debts.withLock { !$0.ended.isEmpty || $0.spared != nil || $0.hasLeft } }

    /// Removes what runs left when the daemon did not answer, if it does now, and the image names that something else
    /// still used.
    func removeOwed(logger: Logger) async {
        await removeOwedThings(logger: logger)
        await removeDueNames(level: .debug, logger: logger)
    }

    private func removeOwedThings(logger: Logger) async {
        guard debts.withLock({ !$0.ended.isEmpty || $0.spared != nil }), await answers() else { return }
        let ended = debts.withLock { debts in
            defer { debts.ended = [] }
            return debts.ended
        }
        for attempt in ended { await removeAll(of: attempt, reachesOthers: true, logger: logger) }
        guard debts.withLock({ $0.spared != nil }) else { return }
        let isClean = await removeThings(
            sparing: { attempt in debts.withLock { $0.spared?.contains(attempt) ?? true } }, logger: logger)
        if isClean { debts.withLock { $0.spared = nil } }
    }

    /// Whether it can be asked to remove something: with one that hangs each call would last.
    func answers() async -> Bool {
        (try? await client.ping(timeout: .seconds(5))) != nil  // why not does not matter
    }

    private func containersOnThings(
        with labels: [String], sparing isKept: ([String: String]?) -> Bool
    ) async throws -> [String] {
        let volumes = try await client.volumes(labels: labels).filter { !isKept($0.labels) }.map(\.name)
        let networks = try await client.networks(labels: labels).filter { !isKept($0.labels) }.map(\.id)
        var found: [ContainerSummary] = []
        if !volumes.isEmpty { found += try await client.containers(volumes: volumes) }
        if !networks.isEmpty { found += try await client.containers(networks: networks) }
        return found.map(\.id)
    }

    /// Removes a container and waits until it is gone: what it held can be removed only then.
    func removeContainer(_ container: String, logger: Logger) async {
        for attempt in 1...10 {
            guard await answers() else { break }
            do {
                try await client.removeContainer(container)
                guard try await client.inspectContainer(container) != nil else { return }
            } catch {
                logger.warning(
                    "container not removed",
                    metadata: ["container": "\(container)", "error": "\(error)", "attempt": "\(attempt)"])
            }
            try? await Task.sleep(for: .milliseconds(min(2_000, 50 << attempt)))  // canceled: tries at once
        }
    }
}

/// One time that a run was handed out. The next one may be on the same daemon before this one is cleaned up after.
struct RunAttempt: Sendable, Hashable {
    let run: RunID
    let epoch: Int

    init(run: RunID, epoch: Int) {
        self.run = run
        self.epoch = epoch
    }

    /// Whose a thing with these labels is; nil if they don't say.
    init?(labels: [String: String]) {
        guard let run = labels[RunLabels.run].flatMap({ RunID($0) }),
            let epoch = labels[RunLabels.epoch].flatMap({ Int($0) })
        else { return nil }
        self.init(run: run, epoch: epoch)
    }

    /// Of all that it makes on a daemon.
    func labels(of owner: String) -> [String: String] {
        [RunLabels.owner: owner, RunLabels.run: run.text, RunLabels.epoch: "\(epoch)"]
    }
}

/// The labels of what runs make on a daemon.
enum RunLabels {
    static let owner = "slipway.owner"
    static let run = "slipway.run"
    static let epoch = "slipway.epoch"
    static let step = "slipway.step"
    /// Of containers that a step's shell begins.
    static let attempt = "slipway.attempt"
    /// Of what is kept on the daemon.
    static let network = "slipway.network"
}
