import FoundationEssentials

/// Who this server is: ids made at the first start and kept in `identity.json`, as clients remember them.
struct ServerIdentity: Sendable, Equatable, Codable {
    /// GUID, lower case.
    let tenant: String
    /// GUID, lower case.
    let subscription: String
    let resourceGroup: String
    /// The administrator's client id: a GUID, lower case.
    let administrator: String

    static let file = "identity.json"

    /// Reads the identity; nil before the first start has come to its end.
    ///
    /// - Throws: ``DataDirectoryError``. A damaged file is not replaced.
    static func read(from directory: DataDirectory) throws(DataDirectoryError) -> ServerIdentity? {
        guard let bytes = try directory.read(file) else { return nil }
        do {
            return try JSONDecoder().decode(ServerIdentity.self, from: Data(bytes))
        } catch {
            throw .damaged(directory.path(file), reason: "it is not what the server wrote. Put it back from a backup")
        }
    }

    /// Makes up an identity and keeps it.
    static func make(in directory: DataDirectory) throws -> ServerIdentity {
        let identity = ServerIdentity(
            tenant: guid(), subscription: guid(), resourceGroup: "slipway", administrator: guid())
        try directory.write(try prettyJSON(identity), to: file)
        return identity
    }

    private static func guid() -> String { UUID().uuidString.lowercased() }
}

/// JSON that people can read, with a line end.
func prettyJSON(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
}
