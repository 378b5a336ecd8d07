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

    /// - Throws: ``BrokerError/secretMissing(_:)``
    func credential(for login: VaultLogin) async throws -> Credential {
        Credential(
            username: try await value(of: login.username).value, password: try await value(of: login.password))
    }

    /// The request with all its logins at hand.
    ///
    /// - Throws: ``UnusableLogin``
    func resolved(_ request: RunRequest) async throws -> RunRequest {
        var credentials = request.common.customCredentials
        for (host, login) in request.common.vaultLogins.sorted(by: { $0.key < $1.key }) {
            do {
                credentials[host] = try await credential(for: login)
            } catch let error as BrokerError {
                throw UnusableLogin(host: host, reason: error)
            }
        }
        return request.with(credentials)
    }

    private func value(of part: VaultLogin.Part) async throws -> Secret {
        switch part {
        case .plain(let text): text
        case .vault(let location): try await value(of: location)
        }
    }
}

/// A login of a run that can't be made, since a secret for it is missing.
struct UnusableLogin: Error, CustomStringConvertible {
    let host: String
    let reason: BrokerError

    var description: String { "The run can't log in to \(host.escapedForDisplay): \(reason)" }
}
