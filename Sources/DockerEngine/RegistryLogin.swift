import Foundation
import TaskModel

/// How credentials are given to the daemon: base64url of JSON in a header (`X-Registry-Auth`, `X-Registry-Config`).
struct RegistryLogin: Encodable {
    let username: String
    let password: String
    let serveraddress: String

    /// For one registry. Without a credential the header says so; the daemon wants it all the same.
    static func header(_ credential: Credential?, registry: String) throws -> String {
        guard let credential else { return encode(Data("{}".utf8)) }
        return encode(try JSONEncoder().encode(RegistryLogin(credential, registry: registry)))
    }

    /// For all registries of a classic build.
    static func header(_ credentials: [String: Credential]) throws -> String {
        var logins: [String: RegistryLogin] = [:]
        for (registry, credential) in credentials {
            let address = registry == ImageReference.dockerHub ? dockerHubAddress : registry
            logins[address] = RegistryLogin(credential, registry: registry)
        }
        return encode(try JSONEncoder().encode(logins))
    }

    /// The registry as image names spell it, from the host that a daemon asks with. Docker Hub has three.
    static func registry(ofHost host: String) -> String {
        ["registry-1.docker.io", "index.docker.io", "docker.io"].contains(host.lowercased())
            ? ImageReference.dockerHub : host.lowercased()
    }

    private static let dockerHubAddress = "https://index.docker.io/v1/"

    private init(_ credential: Credential, registry: String) {
        username = credential.username
        password = credential.password.value
        serveraddress = registry == ImageReference.dockerHub ? Self.dockerHubAddress : registry
    }

    private static func encode(_ data: Data) -> String {
        String(data.base64EncodedString().map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
