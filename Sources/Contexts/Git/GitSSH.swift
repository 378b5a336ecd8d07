import CGit2
import Crypto
import CurlHTTP
import Foundation
import Glibc
import TaskModel

/// What ssh needs besides libgit2's own transport: the key, the check of the host's key, the check of its address.
extension GitSession {
    func sshCredential(_ out: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>, allowed: CUnsignedInt)
        -> CInt
    {
        let user = sshAddress?.user ?? "git"
        if allowed & GIT_CREDENTIAL_USERNAME.rawValue != 0 { return git_credential_username_new(out, user) }
        guard allowed & GIT_CREDENTIAL_SSH_KEY.rawValue != 0, let key = access.sshKey, !hasOfferedKey else {
            return giveUp(ContextError.accessRefused(remote: remote, hadCredentials: access.sshKey != nil))
        }
        // libgit2 asks again with the same question when the server refuses a key.
        hasOfferedKey = true
        let code = git_credential_ssh_key_memory_new(out, user, nil, key.value, nil)
        guard code == 0 else {
            return giveUp(
                ContextError.connectionFailed(
                    remote: remote, reason: "the ssh key can't be used: \(GitLibrary.message)"))
        }
        return 0
    }

    func checkHostKey(_ certificate: UnsafeMutablePointer<git_cert>) -> CInt {
        guard let address = sshAddress, certificate.pointee.cert_type == GIT_CERT_HOSTKEY_LIBSSH2 else {
            return giveUp(ContextError.connectionFailed(remote: remote, reason: "it showed no host key"))
        }
        let key = UnsafeMutableRawPointer(certificate).assumingMemoryBound(to: git_cert_hostkey.self).pointee
        guard key.type.rawValue & GIT_CERT_SSH_RAW.rawValue != 0, let bytes = key.hostkey else {
            return giveUp(ContextError.connectionFailed(remote: remote, reason: "it showed no host key"))
        }
        let blob = Data(bytes: bytes, count: key.hostkey_len)
        if KnownHosts(access.knownHosts).contains(blob, for: address.knownHostsName) { return 0 }
        let line = "\(address.knownHostsName) \(KnownHosts.keyType(of: blob)) \(blob.base64EncodedString())"
        return giveUp(ContextError.unknownHostKey(host: address.knownHostsName, line: line))
    }

    var sshAddress: SSHAddress? { SSHAddress(remote) }

    /// The addresses to connect to: what was checked is what is connected to.
    ///
    /// - Throws: ``ContextError/unreachable(remote:cause:)`` if the policy refuses one of the addresses, or there is
    ///   none.
    func sshEndpoints() throws -> [SSHEndpoint] {
        guard let address = sshAddress else { throw ContextError.invalidURL(remote, reason: "it is no ssh address") }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, "\(address.port)", &hints, &found)
        guard code == 0 else {
            let cause = HTTPError.cannotConnect(origin: address.origin, reason: String(cString: gai_strerror(code)))
            throw ContextError.unreachable(remote: remote, cause: cause)
        }
        defer { freeaddrinfo(found) }
        var endpoints: [SSHEndpoint] = []
        for info in sequence(first: found, next: { $0?.pointee.ai_next }).compactMap(\.self) {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = getnameinfo(
                info.pointee.ai_addr, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard status == 0, let ip = IPAddress(numeric.prefix { $0 != "%" }.description) else { continue }
            if let policy = access.client.configuration.addressPolicy,
                !policy.allows(origin: address.origin, address: ip)
            {
                throw ContextError.unreachable(remote: remote, cause: .addressBlocked(origin: address.origin))
            }
            endpoints.append(SSHEndpoint(info.pointee))
        }
        return endpoints
    }
}

/// The parts of an ssh remote: `ssh://user@host:port/path` or `user@host:path`.
struct SSHAddress {
    let user: String?
    /// Without brackets.
    let host: String
    let port: UInt16
    private let path: String
    /// Whether the path is relative to the home of the user there.
    private let isRelative: Bool

    init?(_ remote: String) {
        if let url = SourceURL(remote) {
            guard url.scheme == "ssh" else { return nil }
            user = url.userInfo
            host = url.host.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
            port = UInt16(url.port.dropFirst()) ?? 22
            path = url.path
            isRelative = false
        } else {
            guard let at = remote.firstIndex(of: "@"), let colon = remote.firstIndex(of: ":"), at < colon else {
                return nil
            }
            user = String(remote[..<at])
            host = String(remote[remote.index(after: at)..<colon])
            port = 22
            path = String(remote[remote.index(after: colon)...])
            isRelative = true
        }
    }

    var origin: String { "ssh://" + host.lowercased() + (port == 22 ? "" : ":\(port)") }
    var knownHostsName: String { port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)" }

    /// The same repository by way of a port of this machine.
    func url(through port: UInt16) -> String {
        let place = "\(user ?? "git")@127.0.0.1:\(port)"
        return isRelative ? "[\(place)]:\(path)" : "ssh://\(place)\(path)"
    }
}

/// The lines of a known_hosts file (sshd(8)).
struct KnownHosts {
    private let lines: [[Substring]]

    init(_ text: String) {
        lines = text.split(whereSeparator: \.isNewline).map { $0.split { $0 == " " || $0 == "\t" } }
    }

    /// Whether a line names this host with this key, and none revokes it.
    func contains(_ key: Data, for host: String) -> Bool {
        let encoded = key.base64EncodedString()
        if lines.contains(where: { $0.count >= 4 && $0[0] == "@revoked" && $0[3] == encoded }) { return false }
        return lines.contains { fields in
            guard fields.count >= 3, !fields[0].hasPrefix("#"), !fields[0].hasPrefix("@"), fields[2] == encoded else {
                return false
            }
            return Self.names(fields[0], host)
        }
    }

    /// Names are compared whole, in the hashed form too; patterns with `*` and `?` are not taken.
    private static func names(_ field: Substring, _ host: String) -> Bool {
        let parts = field.split(separator: "|", omittingEmptySubsequences: false)
        if parts.count == 4, parts[1] == "1", let salt = Data(base64Encoded: String(parts[2])) {
            let code = HMAC<Insecure.SHA1>.authenticationCode(for: Data(host.utf8), using: SymmetricKey(data: salt))
            return Data(base64Encoded: String(parts[3])) == Data(code)
        }
        return field.split(separator: ",").contains { $0.lowercased() == host }
    }

    /// The name of the algorithm at the start of a key.
    static func keyType(of key: Data) -> String {
        let length = key.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        return String(decoding: key.dropFirst(4).prefix(length), as: UTF8.self)
    }
}
