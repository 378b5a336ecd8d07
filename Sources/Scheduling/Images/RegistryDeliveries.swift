import Crypto
import Distribution
public import Forges
public import Storage
import TaskModel

/// What is done with deliveries of registries: the images that one names are asked for at once, so nobody has to believe it.
///
/// A registry may be known to tasks by another name than to itself. So what counts is the host that the hook was made for, with repository and
/// tag of the delivery.
public struct RegistryDeliveries: DeliveryWork {
    let images: TrackedImageStore
    private let environment: SchedulerEnvironment

    public init(_ environment: SchedulerEnvironment, database: Database) {
        self.environment = environment
        images = TrackedImageStore(database: database)
    }

    /// Docker Hub can send no header of ours: there the secret stands in the hook's URL, as `?token=`, which arrives as this header.
    public static let queryToken = "x-slipway-hook-token"

    public func isAuthentic(_ webhook: Webhook, to hook: Hook) -> Bool {
        guard case .registry(let kind) = hook.kind else { return false }
        let given: String?
        switch kind {
        case .dockerHub: given = webhook.headers[Self.queryToken]
        case .distribution, .harbor, .acr:
            given = webhook.headers["authorization"].map { header in
                header.lowercased().hasPrefix("bearer ") ? String(header.dropFirst("bearer ".count)) : header
            }
        }
        return given.map { Self.isSame($0, hook.secret.value) } ?? false
    }

    /// Codes under a key that nobody knows are compared, so that the time tells nothing of the texts, nor of their lengths.
    private static func isSame(_ text: String, _ secret: String) -> Bool {
        let key = SymmetricKey(size: .bits256)
        let code = HMAC<SHA256>.authenticationCode(for: Array(secret.utf8), using: key)
        return !secret.isEmpty
            && HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Array(text.utf8), using: key)
    }

    public func deliveryID(of webhook: Webhook, to hook: Hook) -> String? {
        guard case .registry(let kind) = hook.kind else { return nil }
        return (try? RegistryNotification(webhook.body, from: kind))?.id  // what can't be read is told of later
    }

    public func carryOut(_ webhook: Webhook, id: Int64, to hook: Hook) async throws -> DeliveryOutcome {
        guard case .registry(let kind) = hook.kind else { return DeliveryOutcome("not a registry's") }
        let named: [ImageReference]
        do throws(UnreadableNotification) {
            named = try RegistryNotification(webhook.body, from: kind).images.map {
                ImageReference(registry: hook.repositoryURL, repository: $0.repository, tag: $0.tag)
            }
        } catch {
            return DeliveryOutcome(error.description)
        }
        guard !named.isEmpty else { return DeliveryOutcome("names no image that was pushed by a tag") }
        let tracked = try await images.makeDue(named, at: environment.now())
        let names = named.map(\.description).joined(separator: ", ")
        return DeliveryOutcome(
            tracked == 0 ? "no task stands on \(names)" : "\(names): the registry is asked for what tasks stand on")
    }
}
