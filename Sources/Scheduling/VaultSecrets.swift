import AgentProtocol
import Logging
import Storage
import TaskModel

/// The secrets that one run may be given: those of its registry.
struct VaultSecrets {
    private let run: Run
    private let environment: SchedulerEnvironment

    init(of run: Run, _ environment: SchedulerEnvironment) {
        self.run = run
        self.environment = environment
    }

    /// - Throws: ``BrokerError/secretMissing(_:)``
    func value(of location: SecretLocation) async throws -> Secret {
        guard let value = try await environment.secrets.find(location, in: run.registry) else {
            throw BrokerError.secretMissing(location)
        }
        environment.logger.debug(
            "secret handed out", metadata: ["run": "\(run.id)", "secret": "\(location)"])
        return value
    }
}
