import FoundationEssentials
import TaskModel

/// What `slipway` on the same machine needs to use the server without a login: `local-client.json`, for its owner.
struct LocalClient: Sendable, Equatable {
    static let file = "local-client.json"

    /// The server's public URL.
    let server: String
    let tenant: String
    let clientID: String
    let clientSecret: Secret
    /// PEM file with what to trust besides the system's certificates.
    let caFile: String
    /// Name of the default registry.
    let registry: String
}

extension LocalClient {
    private struct Written: Codable {
        let server: String
        let tenant: String
        let clientId: String
        let clientSecret: String
        let caFile: String
        let registry: String
    }

    /// Reads the file; nil if it is not there.
    ///
    /// - Throws: ``DataDirectoryError``
    static func read(from directory: DataDirectory) throws(DataDirectoryError) -> LocalClient? {
        guard let bytes = try directory.read(file) else { return nil }
        do {
            let written = try JSONDecoder().decode(Written.self, from: Data(bytes))
            return LocalClient(
                server: written.server, tenant: written.tenant, clientID: written.clientId,
                clientSecret: Secret(written.clientSecret), caFile: written.caFile, registry: written.registry)
        } catch {
            throw .damaged(
                directory.path(file),
                reason: "it is not what the server wrote. Remove it: the next start makes a new one, with a new secret")
        }
    }

    func write(to directory: DataDirectory) throws {
        let written = Written(
            server: server, tenant: tenant, clientId: clientID, clientSecret: clientSecret.value, caFile: caFile,
            registry: registry)
        try directory.write(try prettyJSON(written), to: Self.file)
    }
}
