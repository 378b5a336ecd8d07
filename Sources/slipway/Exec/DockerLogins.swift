import Foundation
import TaskModel

/// The logins of this machine's docker client.
enum DockerLogins {
    private struct Configuration: Decodable {
        struct Login: Decodable {
            let auth: String?
            let identitytoken: String?
        }

        let auths: [String: Login]?
        let credsStore: String?
        let credHelpers: [String: String]?
    }

    /// Those in `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`, by registry as image names spell it. Logins in
    /// a credential helper are not read, and a line says so.
    static func read(environment: [String: String] = ProcessInfo.processInfo.environment) throws -> [String: Credential]
    {
        let given = environment["DOCKER_CONFIG"] ?? ""
        let folder = given.isEmpty ? (environment["HOME"] ?? "") + "/.docker" : given
        let file = folder + "/config.json"
        guard FileManager.default.fileExists(atPath: file) else { return [:] }
        let configuration: Configuration
        do {
            configuration = try JSONDecoder().decode(Configuration.self, from: Data(try readFile(file)))
        } catch let error as DecodingError {
            throw CommandError.notJSON(file: file, reason: "\(error)")
        }
        let helpers = (configuration.credHelpers ?? [:]).values + (configuration.credsStore.map { [$0] } ?? [])
        for helper in Set(helpers).sorted() {
            Terminal.say("Note: logins that docker keeps in '\(helper)' are not used.")
        }
        var credentials: [String: Credential] = [:]
        for (server, login) in configuration.auths ?? [:] {
            guard login.identitytoken?.isEmpty != false else {
                Terminal.say("Note: the login at \(server) is a token that only docker can use, and is not used.")
                continue
            }
            guard let auth = login.auth, let bytes = Data(base64Encoded: auth) else { continue }
            let parts = String(decoding: bytes, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            credentials[host(of: server)] = Credential(username: String(parts[0]), password: Secret(String(parts[1])))
        }
        return credentials
    }

    /// `https://index.docker.io/v1/` stands for Docker Hub.
    private static func host(of server: String) -> String {
        var host = server[...]
        if let scheme = host.firstRange(of: "://") { host = host[scheme.upperBound...] }
        host = host.prefix { $0 != "/" }
        return host == "index.docker.io" ? ImageReference.dockerHub : host.lowercased()
    }
}
