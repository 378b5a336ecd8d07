import NIOCore
import SwiftProtobuf

/// What answers some of the calls that a daemon makes on a session.
protocol SessionService: Sendable {
    /// `/package.Service/Method` each.
    var methods: [String] { get }
    /// The longest that one call may take, after which it is broken off; nil for those that last as long as the build.
    var limit: TimeAmount? { get }

    /// Reads the call's messages and sends the answers. The call's head has been sent; its status is sent afterwards.
    ///
    /// - Throws: ``CallStatus`` to end the call with another status than 0.
    func answer(_ call: inout SessionCall) async throws
}

extension SessionService {
    var limit: TimeAmount? { nil }
}

extension SessionCall {
    /// The one message of a call that has just one.
    ///
    /// - Throws: ``CallStatus`` if there is none.
    mutating func only<Request: Message>(_ type: Request.Type) async throws -> Request {
        guard let request = try await next(type) else { throw CallStatus(.internal, "the request is missing") }
        return request
    }
}
