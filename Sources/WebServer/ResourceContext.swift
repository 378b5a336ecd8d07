import Hummingbird
import Logging
import NIOCore
import Storage
import TaskModel

/// What travels with a request.
struct ResourceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who asks; nil before the token was checked.
    var principal: Principal?
    /// The client's address, without its port; nil where there is none.
    let address: String?
    /// Where the connection's bytes are written.
    let eventLoop: any EventLoop

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        address = source.channel.remoteAddress?.ipAddress
        eventLoop = source.channel.eventLoop
    }

    /// - Throws: ``ServerError/unauthenticated(_:)`` on a route that is open to all.
    var caller: Principal {
        get throws {
            guard let principal else { throw ServerError.unauthenticated("A bearer token is needed.") }
            return principal
        }
    }
}
