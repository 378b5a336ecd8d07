/// A network in a list: `GET /networks`.
public struct NetworkSummary: Sendable, Hashable, Decodable {
    public let id: String
    public let name: String
    public let labels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case labels = "Labels"
    }
}

extension DockerClient {
    /// Makes a network in which containers find each other by name: `POST /networks/create`.
    ///
    /// - Parameters:
    ///   - driver: empty is `bridge`.
    ///   - options: the driver's own.
    /// - Returns: its id. Names of networks need not be unique on a daemon.
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 409 if there is one of that name.
    public func createNetwork(
        _ name: String, driver: String = "", hasIPv6: Bool = false, labels: [String: String] = [:],
        options: [String: String] = [:]
    ) async throws -> String {
        struct Body: Encodable {
            let Name: String
            let Driver: String
            let EnableIPv6: Bool
            let Labels: [String: String]
            let Options: [String: String]
            /// Daemons of API 1.43 and older take a second one of the same name otherwise.
            let CheckDuplicate = true
        }
        struct Answer: Decodable {
            let Id: String
        }
        var call = EngineCall("make the network \(name)", "POST", "/networks/create")
        try call.setJSON(
            Body(
                Name: name, Driver: driver.isEmpty ? "bridge" : driver, EnableIPv6: hasIPv6, Labels: labels,
                Options: options))
        return try await fetch(call, as: Answer.self).Id
    }

    /// Removes a network: `DELETE /networks/{id}`. No error if it is not there.
    ///
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 403 or 409 while a container is in it.
    public func removeNetwork(_ network: String) async throws {
        let call = EngineCall("remove the network \(network)", "DELETE", "/networks/" + network.percentEncoded())
        try await ignoring([404]) { _ = try await self.fetch(call) }
    }

    /// Lists networks that have all of these labels: `GET /networks`.
    public func networks(labels: [String]) async throws -> [NetworkSummary] {
        var call = EngineCall("list networks", "GET", "/networks")
        call.query = [("filters", try compactJSON(["label": labels]))]
        return try await fetch(call, as: [NetworkSummary].self)
    }
}
