import Distribution
import Foundation
import Logging
public import ServiceLifecycle
import Storage
import TaskModel

/// Asks registries what tags stand for (`HEAD /v2/NAME/manifests/TAG`): at once where somebody said that one has changed, else each from time
/// to time.
public struct ImageWatch: Service {
    private static let tick = Duration.seconds(1)
    private static let batch = 100
    /// Questions to one registry.
    private static let atOnce = 4
    /// Registries that are asked at once.
    private static let most = 64
    /// In seconds.
    private static let firstWait: TimeInterval = 30
    private static let patience = Duration.seconds(30)

    let environment: SchedulerEnvironment
    let images: TrackedImageStore
    let logins: ImageLogins
    let registries: RegistryClient
    let settings: ImageTriggerSettings
    let budget: HostBudget
    /// Between 0 and 1.
    let random: @Sendable () -> Double
    private let clockCheck = ClockCheck()

    public func run() async throws {
        await withDiscardingTaskGroup { group in
            for isUrgent in [true, false] { group.addTask { await watch(isUrgent: isUrgent) } }
        }
    }

    /// Asks each registry in a lane of its own: one that does not answer holds up nobody else.
    private func watch(isUrgent: Bool) async {
        let lanes = HostLanes()
        let (starts, found) = AsyncStream<Lane>.makeStream()
        await withDiscardingTaskGroup { group in
            group.addTask {
                await following(images.signals, logger: environment.logger, failure: "base images not looked at") {
                    let busy = lanes.busy
                    guard busy.count < Self.most else { return Self.tick }
                    for lane in try await due(isUrgent: isUrgent, butOf: busy) {
                        lanes.begin(lane.host)
                        found.yield(lane)
                    }
                    return Self.tick
                }
                found.finish()
            }
            for await lane in starts {
                group.addTask {
                    await ask(lane)
                    lanes.end(lane.host)
                }
            }
            group.cancelAll()
        }
    }

    /// Asks for all that is due.
    ///
    /// - Parameter isUrgent: whether for what somebody said to have changed, or for the rest.
    func look(isUrgent: Bool) async throws {
        let lanes = try await due(isUrgent: isUrgent, butOf: [])
        await withDiscardingTaskGroup { group in
            for lane in lanes { group.addTask { await ask(lane) } }
        }
    }

    /// What one registry is to be asked now.
    private struct Lane {
        let host: String
        let checks: [ImageCheck]
    }

    /// What is due and may be asked now. The rest is put off.
    private func due(isUrgent: Bool, butOf busy: Set<String>) async throws -> [Lane] {
        let now = environment.now()
        try await clockCheck.look(at: now) {
            try await images.bringForward(within: settings.interval + settings.interval / 10, at: now)
        }
        let due = try await images.dueChecks(at: now, isUrgent: isUrgent, butOf: busy, limit: Self.batch)
        var lanes: [String: [ImageCheck]] = [:]
        var later: [(check: ImageCheck, until: Date)] = []
        for check in due {
            let host = check.image.registry
            let isOwn = environment.settings.registry(at: host) != nil
            if let next = budget.take(host, isUrgent: check.isUrgent, isOwn: isOwn, at: now) {
                later.append((check, next))
            } else {
                lanes[host, default: []].append(check)
            }
        }
        try await images.postpone(later, asked: now)
        return lanes.map { Lane(host: $0, checks: $1) }
    }

    private func ask(_ lane: Lane) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, check) in lane.checks.enumerated() {
                if index >= Self.atOnce { await group.next() }
                // What is left is due still, and put off with all others of this registry.
                guard !Task.isCancelled, !budget.isClosed(lane.host, at: environment.now()) else { break }
                group.addTask {
                    do {
                        try await look(at: check)
                    } catch  where !Task.isCancelled {
                        environment.logger.warning(
                            "base image not looked at", metadata: ["image": "\(check.image)", "error": "\(error)"])
                    } catch {}
                }
            }
        }
    }

    private func look(at check: ImageCheck) async throws {
        let asked = environment.now()
        let digest: String
        do {
            digest = try await resolve(check)
        } catch let error as CancellationError {
            throw error
        } catch {
            return try await note(error, of: check, asked: asked)
        }
        let now = environment.now()
        let changed = try await images.settle(
            check, on: digest, asked: asked, next: now.addingTimeInterval(interval), at: now)
        for task in changed {
            environment.logger.info(
                "base image changed",
                metadata: [
                    "image": "\(check.image)", "digest": "\(digest)", "registry": "\(task.registry)",
                    "task": "\(task.task)",
                ])
        }
    }

    private func resolve(_ check: ImageCheck) async throws -> String {
        let credential = try await logins.credential(for: check)
        return try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await registries.resolve(check.image, credential: credential).digest }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                throw ImageLogins.Refusal(
                    description: "The registry \(check.image.registry) did not answer within "
                        + "\(Self.patience.components.seconds) s.", isSilence: true)
            }
            defer { group.cancelAll() }
            guard let digest = try await group.next() else { throw CancellationError() }
            return digest
        }
    }

    private func note(_ error: any Error, of check: ImageCheck, asked: Date) async throws {
        let now = environment.now()
        let longest = max(Double(settings.interval.components.seconds), 3600)
        var next = now.addingTimeInterval(min(longest, Self.firstWait * pow(2, Double(min(check.failures, 12)))))
        if case DistributionError.temporary(_, let status, let after) = error, after != nil || status == 429 {
            let time = now.addingTimeInterval(Double((after ?? .seconds(60)).components.seconds))
            budget.close(check.image.registry, until: time, at: now)
            next = max(next, time)
        } else if Self.isSilent(error) {
            // What else it is to be asked for waits as long, and holds up nobody.
            budget.close(check.image.registry, until: now.addingTimeInterval(Self.firstWait), at: now)
        }
        environment.logger.debug(
            "base image not looked at", metadata: ["image": "\(check.image)", "error": "\(error)"])
        try await images.fail(check, because: "\(error)", asked: asked, next: next, at: now)
    }

    private static func isSilent(_ error: any Error) -> Bool {
        switch error {
        case DistributionError.unreachable, DistributionError.interrupted: true
        case let refusal as ImageLogins.Refusal: refusal.isSilence
        default: false
        }
    }

    /// Nine tenths to eleven tenths of what was set, so that questions don't come all at the same time.
    private var interval: TimeInterval {
        Double(settings.interval.components.seconds) * (0.9 + 0.2 * random())
    }
}
