/// A container as the daemon sees it: `GET /containers/{id}/json`.
public struct ContainerDetails: Sendable, Hashable {
    public let id: String
    /// Without the slash that the daemon puts in front.
    public let name: String
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
    public let status: String
    public let exitCode: Int
    /// Whether the kernel killed it for want of memory.
    public let isOutOfMemory: Bool
    /// Why it could not start, in the daemon's words; empty otherwise.
    public let error: String
    public let labels: [String: String]
}

/// A container in a list: `GET /containers/json`.
public struct ContainerSummary: Sendable, Hashable {
    public let id: String
    public let names: [String]
    public let status: String
    public let labels: [String: String]
}

extension DockerClient {
    /// Makes a container: `POST /containers/create`. It does not run yet.
    ///
    /// - Parameter name: letters, digits, `_`, `.` and `-`, unique on the daemon.
    /// - Returns: its id.
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 404 when the image is not there, 409 when the
    ///   name is taken, 400 for settings that make no sense.
    public func createContainer(_ name: String, _ settings: ContainerSettings) async throws -> String {
        struct Answer: Decodable {
            let Id: String
        }
        var call = EngineCall("make the container \(name)", "POST", "/containers/create")
        call.query = [("name", name)]
        try call.setJSON(settings.wire)
        call.timeout = .seconds(120)
        return try await fetch(call, as: Answer.self).Id
    }

    /// Starts a container: `POST /containers/{id}/start`. One that runs already is left alone.
    ///
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 400 or 500 when its program can't be started.
    public func startContainer(_ container: String) async throws {
        var call = EngineCall("start the container \(container)", "POST", Self.containerPath(container) + "/start")
        call.timeout = .seconds(120)
        _ = try await fetch(call)
    }

    /// Waits until a container does not run: `POST /containers/{id}/wait`.
    ///
    /// - Returns: the exit code of its program; 128 and the number of a signal that ended it.
    /// - Throws: ``DockerError/lost(action:reason:)`` when the daemon stops answering.
    public func waitForContainer(_ container: String) async throws -> Int {
        struct Answer: Decodable {
            struct Trouble: Decodable {
                let Message: String?
            }

            let StatusCode: Int
            let Error: Trouble?
        }
        var call = EngineCall("wait for the container \(container)", "POST", Self.containerPath(container) + "/wait")
        call.query = [("condition", "not-running")]
        call.timeout = nil
        let answer = try await watching(call.action) { [call] in try await self.fetch(call, as: Answer.self) }
        if let message = answer.Error?.Message, !message.isEmpty {
            throw DockerError.lost(action: call.action, reason: message)
        }
        return answer.StatusCode
    }

    /// Asks a container to end, and ends it when it has not after `grace`: `POST /containers/{id}/stop`. No error if
    /// it does not run or is not there.
    public func stopContainer(_ container: String, grace: Duration) async throws {
        var call = EngineCall("stop the container \(container)", "POST", Self.containerPath(container) + "/stop")
        call.query = [("t", String(grace.components.seconds))]
        call.timeout = grace + .seconds(30)
        try await ignoring([404]) { _ = try await self.fetch(call) }
    }

    /// Ends a container at once: `POST /containers/{id}/kill`. No error if it does not run or is not there.
    public func killContainer(_ container: String) async throws {
        var call = EngineCall("kill the container \(container)", "POST", Self.containerPath(container) + "/kill")
        call.timeout = .seconds(30)
        try await ignoring([404, 409]) { _ = try await self.fetch(call) }
    }

    /// Removes a container, running or not, with the volumes that its image made: `DELETE /containers/{id}`. No error
    /// if it is not there or is being removed already.
    public func removeContainer(_ container: String) async throws {
        var call = EngineCall("remove the container \(container)", "DELETE", Self.containerPath(container))
        call.query = [("force", "1"), ("v", "1")]
        try await ignoring([404, 409]) { _ = try await self.fetch(call) }
    }

    /// Gives a container another name: `POST /containers/{id}/rename`.
    ///
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 409 when the name is taken.
    public func renameContainer(_ container: String, to name: String) async throws {
        var call = EngineCall("rename the container \(container)", "POST", Self.containerPath(container) + "/rename")
        call.query = [("name", name)]
        _ = try await fetch(call)
    }

    /// Looks a container up: `GET /containers/{id}/json`. Nil if it is not there.
    public func inspectContainer(_ container: String) async throws -> ContainerDetails? {
        let call = EngineCall(
            "inspect the container \(container)", "GET", Self.containerPath(container) + "/json")
        return try await ignoring([404]) { try await self.fetch(call, as: ContainerDetails.self) }
    }

    /// Lists containers, running or not, that have all of these labels: `GET /containers/json`.
    ///
    /// - Parameter labels: `name` or `name=value` each.
    public func containers(labels: [String]) async throws -> [ContainerSummary] {
        try await containers(filters: ["label": labels])
    }

    /// Lists containers, running or not, that have one of these volumes.
    public func containers(volumes: [String]) async throws -> [ContainerSummary] {
        try await containers(filters: ["volume": volumes])
    }

    /// Lists containers, running or not, that are in one of these networks.
    public func containers(networks: [String]) async throws -> [ContainerSummary] {
        try await containers(filters: ["network": networks])
    }

    private func containers(filters: [String: [String]]) async throws -> [ContainerSummary] {
        var call = EngineCall("list containers", "GET", "/containers/json")
        call.query = [("all", "1"), ("filters", try compactJSON(filters))]
        return try await fetch(call, as: [ContainerSummary].self)
    }

    static func containerPath(_ container: String) -> String {
        "/containers/" + container.percentEncoded()
    }

    /// Carries out a call for which these refusals are an answer, given as nil.
    @discardableResult
    func ignoring<Result>(_ statuses: Set<Int>, _ work: () async throws -> Result) async throws -> Result? {
        do {
            return try await work()
        } catch DockerError.refused(_, let status, _) where statuses.contains(status) {
            return nil
        }
    }
}

extension ContainerDetails: Decodable {
    private enum Keys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case state = "State"
        case status = "Status"
        case exitCode = "ExitCode"
        case isOutOfMemory = "OOMKilled"
        case error = "Error"
        case configuration = "Config"
        case labels = "Labels"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Keys.self)
        id = try members.decode(String.self, forKey: .id)
        let name = try members.decode(String.self, forKey: .name)
        self.name = name.hasPrefix("/") ? String(name.dropFirst()) : name
        let state = try members.nestedContainer(keyedBy: Keys.self, forKey: .state)
        status = try state.decode(String.self, forKey: .status)
        exitCode = try state.decode(Int.self, forKey: .exitCode)
        isOutOfMemory = try state.decodeIfPresent(Bool.self, forKey: .isOutOfMemory) ?? false
        error = try state.decodeIfPresent(String.self, forKey: .error) ?? ""
        let configuration = try members.nestedContainer(keyedBy: Keys.self, forKey: .configuration)
        labels = try configuration.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}

extension ContainerSummary: Decodable {
    private enum Keys: String, CodingKey {
        case id = "Id"
        case names = "Names"
        case status = "State"
        case labels = "Labels"
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Keys.self)
        id = try members.decode(String.self, forKey: .id)
        names = (try members.decodeIfPresent([String].self, forKey: .names) ?? []).map {
            $0.hasPrefix("/") ? String($0.dropFirst()) : $0
        }
        status = try members.decodeIfPresent(String.self, forKey: .status) ?? ""
        labels = try members.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    }
}
