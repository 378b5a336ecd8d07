import Contexts
import CurlHTTP
import Foundation
import Glibc
import TaskModel

/// How the user of this machine reaches sources: with the keys of `~/.ssh`, and with what was typed.
enum LocalSources {
    /// Keys that ssh itself would try first, in its order.
    private static let keyNames = ["id_ed25519", "id_ecdsa", "id_rsa"]

    /// Where things are kept that can be fetched again, `$XDG_CACHE_HOME/slipway` or else `~/.cache/slipway`: made if it
    /// is missing, for its owner alone.
    static func cacheFolder(
        _ name: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandError) -> String {
        // A relative one is to be ignored: XDG Base Directory Specification.
        let given = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let folder = (given ?? home(environment) + "/.cache") + "/slipway/" + name
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unwritable(file: folder, reason: error.localizedDescription)
        }
        return folder
    }

    /// A client for one source.
    ///
    /// - Parameter origin: the one that was typed. Who typed an address means it: it may be anywhere and without TLS.
    ///   What is found there, as redirects and submodules, is kept from this machine's own services.
    static func client(
        allowing origin: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> HTTPClient {
        // A server that hangs up must be an error of that connection, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        var configuration = HTTPClient.Configuration()
        configuration.userAgent = "slipway/\(Version.number)"
        configuration.proxy = ProxySettings(environment: environment)
        configuration.addressPolicy = AddressPolicy(allowedOrigins: origin.map { [$0] } ?? [])
        return HTTPClient(configuration)
    }

    /// - Parameter tokenFile: a file with a token for the server of the reference. It wins over what its URL holds.
    static func gitAccess(
        for reference: GitReference, tokenFile: String?,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandError) -> GitAccess {
        var access = GitAccess(client: client(allowing: reference.origin, environment: environment))
        if let tokenFile {
            guard let host = reference.httpHost else { throw .tokenWithoutHTTP(reference.redacted) }
            access.credentials[host] = Credential(
                username: reference.user ?? "oauth2", password: try token(in: tokenFile))
        }
        if reference.httpHost == nil {
            access.sshKey = try key(in: home(environment) + "/.ssh")
            access.knownHosts = knownHosts(in: [home(environment) + "/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"])
        }
        return access
    }

    private static func token(in file: String) throws(CommandError) -> Secret {
        let text = String(decoding: try readFile(file), as: UTF8.self)
        guard let line = text.split(whereSeparator: \.isNewline).first else {
            throw .unreadable(file: file, reason: "it is empty")
        }
        return Secret(String(line))
    }

    private static func key(in folder: String) throws(CommandError) -> Secret? {
        for name in keyNames where Glibc.access(folder + "/" + name, F_OK) == 0 {
            return Secret(String(decoding: try readFile(folder + "/" + name), as: UTF8.self))
        }
        return nil
    }

    /// What can be read of these files: a host that none of them names is refused with the line to add.
    private static func knownHosts(in files: [String]) -> String {
        files.compactMap { try? readFile($0) }.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    private static func home(_ environment: [String: String]) -> String { environment["HOME"] ?? "/root" }
}
