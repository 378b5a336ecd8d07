public import Forges
import Foundation
public import Storage
public import TaskModel

/// What follows from what forges send: the runs of the task whose hook they called.
public struct ForgeDeliveries: DeliveryWork {
    private let tasks: any TaskStore
    private let deliveries: DeliveryStore
    private let trigger: SourceTrigger

    public init(tasks: any TaskStore, deliveries: DeliveryStore, trigger: SourceTrigger) {
        self.tasks = tasks
        self.deliveries = deliveries
        self.trigger = trigger
    }

    public func isAuthentic(_ webhook: Webhook, to hook: Hook) -> Bool {
        reading(hook)?.isAuthentic(webhook, secret: hook.secret) ?? false
    }

    public func deliveryID(of webhook: Webhook, to hook: Hook) -> String? {
        reading(hook)?.deliveryID(of: webhook)
    }

    public func carryOut(_ webhook: Webhook, id: Int64, to hook: Hook) async throws -> DeliveryOutcome {
        guard case .forge(let forge) = hook.kind else { return DeliveryOutcome("not run: no forge") }
        let events: [ForgeEvent]
        do {
            events = try forge.webhooks.events(in: webhook)
        } catch {
            return DeliveryOutcome("not run: \(error)")
        }
        guard let task = try await tasks.find(hook.task, in: hook.registry),
            let definition = task.triggers.source.first(where: { $0.name.lowercased() == hook.trigger.lowercased() })
        else { return DeliveryOutcome("not run: the task or its trigger is gone") }
        let delivery = try await deliveries.find(id, in: hook.registry)
        var outcomes: [DeliveryOutcome] = []
        for event in events {
            outcomes.append(
                try await outcome(
                    of: event,
                    Addressee(
                        task: task, trigger: definition, forge: forge, approvedCommit: delivery?.approvedCommit,
                        // Somebody wants one that is replayed to run.
                        toldTime: delivery.flatMap { $0.version > 0 ? nil : $0.time }), id: "\(id)"))
        }
        guard !outcomes.isEmpty else { return DeliveryOutcome("not run: it tells of nothing") }
        var whole = DeliveryOutcome(outcomes.map(\.text).joined(separator: "; "), runs: outcomes.flatMap(\.runs))
        whole.pushes = outcomes.flatMap(\.pushes)
        return whole
    }

    public func foreignCommits(in webhook: Webhook, to hook: Hook) -> [String] {
        // What can't be read names none.
        let events = (try? reading(hook)?.events(in: webhook)) ?? []
        return events.compactMap { event in
            if case .pullRequest(let event) = event, event.isFork { event.head.lowercased() } else { nil }
        }
    }

    /// Whom a delivery is for.
    private struct Addressee {
        let task: TaskDefinition
        let trigger: SourceTriggerDefinition
        let forge: ForgeKind
        let approvedCommit: String?
        let toldTime: Date?
    }

    private func outcome(of event: ForgeEvent, _ addressee: Addressee, id: String) async throws -> DeliveryOutcome {
        switch event {
        case .ping: return DeliveryOutcome("ping: the hook works")
        case .other(let name): return DeliveryOutcome("not run: '\(name.escapedForDisplay)' starts no task")
        case .push(let event):
            guard concerns(addressee, event.repository) else { return Self.otherRepository }
            guard let change = SourceChange(event, id: id, forge: addressee.forge) else {
                return DeliveryOutcome("not run: \(event.ref.escapedForDisplay) was deleted")
            }
            return try await start(addressee, by: change)
        case .pullRequest(let event):
            guard concerns(addressee, event.repository) else { return Self.otherRepository }
            if case .other(let action) = event.action {
                return DeliveryOutcome("not run: '\(action.escapedForDisplay)' of a pull request starts no task")
            }
            return try await start(addressee, by: SourceChange(event, id: id, forge: addressee.forge))
        }
    }

    private func start(_ addressee: Addressee, by change: SourceChange) async throws -> DeliveryOutcome {
        var change = change
        change.toldTime = addressee.toldTime
        do {
            var outcome = try await trigger.start(
                addressee.task, addressee.trigger, by: change,
                approvedCommit: change.kind == .pullRequest ? addressee.approvedCommit : nil)
            outcome.pushes = change.push.map { [$0] } ?? []
            return outcome
        } catch let refusal as RunRefusal {
            return DeliveryOutcome("not run: \(refusal)")
        }
    }

    private static let otherRepository = DeliveryOutcome("not run: it is of another repository")

    private func concerns(_ addressee: Addressee, _ repository: ForgeRepository) -> Bool {
        repository.isSame(as: addressee.trigger.repositoryURL, on: addressee.forge)
    }

    private func reading(_ hook: Hook) -> (any WebhookReading)? {
        if case .forge(let forge) = hook.kind { forge.webhooks } else { nil }
    }
}
