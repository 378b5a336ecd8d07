import Hummingbird
import TaskModel

/// How often something may be asked.
public struct RequestLimits: Sendable, Equatable {
    /// Management calls of one principal.
    public var requestsPerSecond: Int
    /// How many of them at once.
    public var requestBurst: Int
    /// Of one client id, and from one address.
    public var failedLoginsPerMinute: Int

    public init(requestsPerSecond: Int = 50, requestBurst: Int = 500, failedLoginsPerMinute: Int = 20) {
        self.requestsPerSecond = requestsPerSecond
        self.requestBurst = requestBurst
        self.failedLoginsPerMinute = failedLoginsPerMinute
    }
}

/// Counts the management calls of each principal. It stands behind ``TokenMiddleware``, which says who calls.
struct RateMiddleware: RouterMiddleware {
    let limit: RateLimit

    func handle(
        _ request: Request, context: ResourceContext, next: (Request, ResourceContext) async throws -> Response
    ) async throws -> Response {
        if let seconds = limit.take(try context.caller.id.lowercased()) {
            throw ServerError.tooMany(
                "Too many requests. Wait \(seconds) s, or have limits.requestsPerSecond raised.", retryAfter: seconds)
        }
        return try await next(request, context)
    }
}

/// Counts failed logins by client id and by address, so that nobody goes on guessing secrets.
///
/// From an address with too many of them no login is looked at. A client id with too many is still let in with the
/// right secret (256 random bits, which nobody guesses): others can't lock it out.
struct FailedLogins: Sendable {
    private let byAddress: RateLimit
    private let byClient: RateLimit

    init(perMinute: Int, now: @escaping @Sendable () -> Duration) {
        byAddress = RateLimit(perSecond: Double(perMinute) / 60, burst: perMinute, now: now)
        byClient = RateLimit(perSecond: Double(perMinute) / 60, burst: perMinute, now: now)
    }

    /// Seconds to wait before the next login from there is looked at; nil for none.
    func wait(_ address: String?) -> Int? {
        address.flatMap(byAddress.wait)
    }

    /// Notes a failure.
    ///
    /// - Returns: nil, or seconds to wait if it was one too many.
    func note(clientID: String, address: String?) -> Int? {
        let waits = [address.flatMap(byAddress.take), byClient.take(String(clientID.lowercased().prefix(64)))]
        return waits.compactMap(\.self).max()
    }
}
