import Foundation
import Glibc
import ResourceAPI
import TaskModel

/// A login: which server, as whom, and whom to trust.
struct Profile: Codable {
    static let fileName = "profile.json"

    var server: String
    var clientId: String
    var clientSecret: String
    /// PEM, when the server's certificate is signed by a CA of its own.
    var caCertificates: String?
    /// The registry that is meant when a command names none.
    var registry: String?

    var credential: Credential { Credential(username: clientId, password: Secret(clientSecret)) }

    /// The login to use: that of the server on this machine if `SLIPWAY_LOCAL` names one, else the one that was made
    /// with `slipway login`, else that of a server with the usual data folder.
    static func current(
        in folder: SettingsFolder = SettingsFolder(),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Profile {
        if let path = environment["SLIPWAY_LOCAL"], !path.isEmpty { return try local(path) }
        if let bytes = try folder.read(fileName) {
            return try decode(Profile.self, from: bytes, file: folder.file(fileName))
        }
        return try local("/var/lib/slipway/local-client.json")
    }

    func save(in folder: SettingsFolder) throws {
        try folder.write(try WireJSON.encode(self), to: Self.fileName)
    }

    /// What `slipway-server` leaves in its data folder.
    private struct LocalClient: Decodable {
        var server: String
        var clientId: String
        var clientSecret: String
        var caFile: String?
        var registry: String?
    }

    private static func local(_ path: String) throws -> Profile {
        let bytes: [UInt8]
        do throws(CommandError) {
            bytes = try readFile(path)
        } catch {
            guard case .unreadable(_, let reason) = error else { throw error }
            throw CommandError.notLoggedIn(localPath: path, reason: reason)
        }
        let client = try decode(LocalClient.self, from: bytes, file: path)
        let certificates = try client.caFile.map { String(decoding: try readFile($0), as: UTF8.self) }
        return Profile(
            server: client.server, clientId: client.clientId, clientSecret: client.clientSecret,
            caCertificates: certificates,
            registry: client.registry)
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8], file: String) throws -> Value
    {
        do {
            return try WireJSON.decode(type, from: bytes)
        } catch {
            throw CommandError.malformed(file: file, reason: error.message)
        }
    }
}

/// Keeps the token of a login beside the login, so that the next command needs none.
struct TokenFile: TokenCache {
    static let fileName = "token.json"

    private struct Content: Codable {
        var server: String
        var clientId: String
        var token: String
        var expires: Timestamp
    }

    let folder: SettingsFolder
    let server: String
    let clientId: String

    func load() -> AccessToken? {
        // Without a token that can be read, a new one is asked for.
        guard let bytes = try? folder.read(Self.fileName),
            let content = try? WireJSON.decode(Content.self, from: bytes),
            content.server == server, content.clientId == clientId
        else { return nil }
        return AccessToken(value: Secret(content.token), expires: content.expires.date)
    }

    func store(_ token: AccessToken) {
        let content = Content(
            server: server, clientId: clientId, token: token.value.value, expires: Timestamp(token.expires))
        // A folder that can't be written to costs a login for each command.
        guard let bytes = try? WireJSON.encode(content) else { return }
        try? folder.write(bytes, to: Self.fileName)
    }
}
