public import Forges
public import Storage

/// What is done with deliveries to one kind of hook.
public protocol DeliveryWork: Sendable {
    /// Whether the delivery was made by someone who knows the hook's secret: over the raw bytes, before anything is read, in constant time.
    func isAuthentic(_ webhook: Webhook, to hook: Hook) -> Bool

    /// The sender's own id of the delivery, the same when it is sent again; nil if it gives none.
    func deliveryID(of webhook: Webhook, to hook: Hook) -> String?

    /// Does what follows from a delivery that was stored. It may be called again for the same one, after the process ended in between.
    ///
    /// - Parameter id: the delivery's, in the store.
    /// - Throws: what makes it worth trying again later.
    func carryOut(_ webhook: Webhook, id: Int64, to hook: Hook) async throws -> DeliveryOutcome

    /// The commits of strangers that the delivery names, of which somebody may let one run.
    func foreignCommits(in webhook: Webhook, to hook: Hook) -> [String]
}

extension DeliveryWork {
    public func foreignCommits(in webhook: Webhook, to hook: Hook) -> [String] { [] }
}

/// What became of a delivery.
public struct DeliveryOutcome: Sendable, Hashable {
    /// For people, in a sentence or two: `started ca1`, `not run: fork`.
    public let text: String
    /// The ids of the runs that it started.
    public let runs: [String]
    /// Whether one of them is new.
    var hasStarted = false
    /// The pushes that no look need find any more.
    var pushes: [SeenPush] = []

    public init(_ text: String, runs: [String] = []) {
        self.text = text
        self.runs = runs
    }
}
