import ArgumentParser
import CurlHTTP
import Foundation
import Glibc
import ResourceAPI

/// Options of every command that talks to a registry's server.
struct ConnectionOptions: ParsableArguments {
    @Option(
        name: [.customShort("r"), .long],
        help: "The registry's name. Default: the one of the login, or the only one there is.")
    var registry: String?

    /// Reads the login and finds the registry.
    func connect() async throws -> Connection {
        let profile = try Profile.current()
        let client = try ResourceClient.current(profile)
        return Connection(client: client, registry: try await client.findRegistry(named: registry ?? profile.registry))
    }
}

/// A server and the registry there that a command is about.
struct Connection: Sendable {
    let client: ResourceClient
    let registry: ResourceID
}

extension ResourceClient {
    /// The client of the login there is.
    static func current(_ profile: Profile? = nil) throws -> ResourceClient {
        // A server that hangs up must be an error of that connection, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        return try ResourceClient(profile ?? Profile.current(), cachingTokensIn: SettingsFolder())
    }

    /// - Parameter folder: where to keep tokens; nil keeps none.
    convenience init(_ profile: Profile, cachingTokensIn folder: SettingsFolder?) throws(CommandError) {
        guard let origin = HTTPOrigin(url: profile.server) else { throw .invalidServer(profile.server) }
        guard origin.scheme == "https" || origin.isLoopback else { throw .insecureServer(origin.description) }
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = "slipway/\(Version.number)"
        configuration.trustedCertificates = profile.caCertificates.map { Array($0.utf8) }
        configuration.proxy = ProxySettings(environment: ProcessInfo.processInfo.environment)
        let http = HTTPClient(configuration)
        let cache = folder.map { TokenFile(folder: $0, server: origin.description, clientId: profile.clientId) }
        self.init(
            server: origin.description,
            tokens: TokenSource(server: origin.description, credential: profile.credential, http: http, cache: cache),
            http: http)
    }
}
