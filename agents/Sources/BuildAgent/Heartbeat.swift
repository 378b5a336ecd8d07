import AgentProtocol
import Logging

/// Tells the server how an agent is, every so often, whatever else the agent does.
struct Heartbeat: Sendable {
    let agent: AgentID
    let broker: any RunBroker
    let every: Duration
    let contact: ServerContact
    let logger: Logger
    /// How the agent is now.
    let report: @Sendable () -> AgentReport
    /// Does what the server wants.
    let heed: @Sendable (AgentOrders) -> Void
    var clock: any Clock<Duration> = ContinuousClock()

    /// Goes on until the task is canceled.
    ///
    /// - Throws: ``BrokerError/notAuthorized(_:)`` once the server does not know the agent any more.
    func run() async throws {
        while !Task.isCancelled {
            do {
                heed(try await broker.heartbeat(report(), of: agent))
                if contact.note(nil) { logger.info("server reached") }
            } catch is CancellationError {
                return
            } catch BrokerError.notAuthorized(let reason) {
                throw BrokerError.notAuthorized(reason)
            } catch {
                if contact.note("\(error)") { logger.warning("server not reached", metadata: ["error": "\(error)"]) }
            }
            try? await clock.sleep(for: every)  // canceled: the loop ends
        }
    }
}
