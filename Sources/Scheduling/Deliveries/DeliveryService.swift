import Crypto
public import Forges
public import Foundation
public import Storage
public import TaskModel

/// Takes what forges and registries send, and shows what became of it.
public struct DeliveryService: Sendable {
    let hooks: HookStore
    let store: DeliveryStore
    let now: @Sendable () -> Date
    /// Under the key 0: there is something to work on.
    let changes = Notifier<Int>()
    private let forges: any DeliveryWork
    private let registries: (any DeliveryWork)?
    private let intake: DeliveryIntake

    /// - Parameters:
    ///   - forges: what works on deliveries of forges.
    ///   - registries: what works on those of registries; nil where these are not listened to.
    public init(
        hooks: HookStore, store: DeliveryStore, forges: any DeliveryWork, registries: (any DeliveryWork)? = nil,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.hooks = hooks
        self.store = store
        self.forges = forges
        self.registries = registries
        self.now = now
        intake = DeliveryIntake(store: store, now: now)
    }

    func work(for kind: HookKind) -> (any DeliveryWork)? {
        switch kind {
        case .forge: forges
        case .registry: registries
        }
    }

    // MARK: Taking

    /// The hook that somebody calls; nil if there is none of that kind and id.
    public func hook(_ id: String, kind: String) async throws -> Hook? {
        guard let kind = HookKind(rawValue: kind), let hook = try await hooks.find(id), hook.kind == kind else {
            return nil
        }
        return hook
    }

    /// Takes a delivery: when this returns it is on the disk, and is worked on soon.
    ///
    /// - Returns: nil if it was not made by someone who knows the hook's secret. One that came before is as it is stored.
    /// - Throws: ``StorageError``.
    public func take(_ webhook: Webhook, to hook: Hook) async throws -> (delivery: Delivery, isNew: Bool)? {
        guard let work = work(for: hook.kind), work.isAuthentic(webhook, to: hook) else { return nil }
        let id = work.deliveryID(of: webhook, to: hook) ?? Self.digest(of: webhook.body)
        let receipt = try await intake.add(
            NewDelivery(to: hook, deliveryID: id, headers: webhook.headers, body: webhook.body))
        if receipt.isNew { changes.notify(0) }
        return receipt
    }

    private static func digest(of body: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: body).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Showing

    /// Newest first.
    public func list(in registry: Registry, task: String?, limit: Int) async throws -> [Delivery] {
        try await store.list(in: registry.name, task: task, limit: limit)
    }

    /// - Throws: ``DeliveryError/notFound(_:)``
    public func show(_ id: String, in registry: Registry) async throws -> Delivery {
        guard let number = Int64(id), let delivery = try await store.find(number, in: registry.name) else {
            throw DeliveryError.notFound(id)
        }
        return delivery
    }

    /// What a delivery says; nil if it is gone.
    public func content(of delivery: Delivery) async throws -> DeliveryContent? {
        try await store.content(of: delivery.id)
    }

    // MARK: Once more

    /// Has a delivery worked on once more. Of an event that has made a run it makes no second one.
    ///
    /// - Throws: ``DeliveryError/notFound(_:)``
    public func replay(_ id: String, in registry: Registry) async throws -> Delivery {
        try await replay(show(id, in: registry), in: registry, approving: nil)
    }

    /// Lets the commit of a stranger run, restricted as runs of strangers are.
    ///
    /// - Throws: ``DeliveryError``
    public func approve(_ id: String, commit: String, in registry: Registry) async throws -> Delivery {
        let delivery = try await show(id, in: registry)
        guard let hook = try await hooks.find(delivery.hook), let content = try await content(of: delivery) else {
            throw DeliveryError.notFound(id)
        }
        let webhook = Webhook(headers: content.headers, body: content.body)
        let commits = work(for: hook.kind)?.foreignCommits(in: webhook, to: hook) ?? []
        guard !commits.isEmpty else { throw DeliveryError.nothingToApprove(id) }
        let approved = commit.lowercased()
        // Some forges tell the first digits alone. Others can be made to begin with the same: the full id counts.
        guard approved.utf8.count >= 40,
            commits.contains(where: { $0 == approved || $0.utf8.count < 40 && approved.hasPrefix($0) })
        else {
            throw DeliveryError.otherCommit(id, asked: commit, has: commits)
        }
        return try await replay(delivery, in: registry, approving: approved)
    }

    private func replay(_ delivery: Delivery, in registry: Registry, approving commit: String?) async throws -> Delivery
    {
        guard
            let replayed = try await store.replay(delivery.id, in: registry.name, approving: commit, at: now())
        else { throw DeliveryError.notFound("\(delivery.id)") }
        changes.notify(0)
        return replayed
    }
}

/// Why nothing can be done with a delivery. ``code`` is the one the API answers with.
public enum DeliveryError: Error, Equatable {
    case notFound(String)
    /// It is of no pull request from another repository.
    case nothingToApprove(String)
    case otherCommit(String, asked: String, has: [String])

    public var code: String {
        switch self {
        case .notFound: "ResourceNotFound"
        case .nothingToApprove: "NothingToApprove"
        case .otherCommit: "OtherCommit"
        }
    }
}

extension DeliveryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notFound(let id):
            "There is no delivery '\(id.escapedForDisplay)'. 'slipway trigger deliveries' lists those of the last 7 days."
        case .nothingToApprove(let id):
            "Delivery \(id) is of no pull request from a fork, so nothing of it waits for an approval."
        case .otherCommit(let id, let asked, let commits):
            "Delivery \(id) is of commit \(commits.joined(separator: ", ")), not of \(asked.escapedForDisplay). "
                + "Look at that commit, then approve it by its full id."
        }
    }
}
