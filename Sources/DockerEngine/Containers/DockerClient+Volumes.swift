/// A volume in a list: `GET /volumes`.
public struct VolumeSummary: Sendable, Hashable, Decodable {
    public let name: String
    public let labels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case labels = "Labels"
    }
}

extension DockerClient {
    /// Makes a volume: `POST /volumes/create`. One of that name that is there already is taken as it is.
    public func createVolume(_ name: String, labels: [String: String] = [:]) async throws {
        struct Body: Encodable {
            let Name: String
            let Labels: [String: String]
        }
        var call = EngineCall("make the volume \(name)", "POST", "/volumes/create")
        try call.setJSON(Body(Name: name, Labels: labels))
        _ = try await fetch(call)
    }

    /// Removes a volume: `DELETE /volumes/{name}`. No error if it is not there.
    ///
    /// - Throws: ``DockerError/refused(action:status:message:)`` with 409 while a container has it.
    public func removeVolume(_ name: String) async throws {
        var call = EngineCall("remove the volume \(name)", "DELETE", "/volumes/" + name.percentEncoded())
        call.timeout = .seconds(120)
        try await ignoring([404]) { _ = try await self.fetch(call) }
    }

    /// Lists volumes that have all of these labels: `GET /volumes`.
    public func volumes(labels: [String]) async throws -> [VolumeSummary] {
        struct Answer: Decodable {
            let Volumes: [VolumeSummary]?
        }
        var call = EngineCall("list volumes", "GET", "/volumes")
        call.query = [("filters", try compactJSON(["label": labels]))]
        return try await fetch(call, as: Answer.self).Volumes ?? []
    }
}
