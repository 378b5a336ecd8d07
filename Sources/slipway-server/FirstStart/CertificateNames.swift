import CurlHTTP
import SwiftASN1
import TaskModel
import X509

/// The names that the server's certificate is for.
struct CertificateNames: Sendable, Equatable {
    /// Lower case, sorted.
    let dns: [String]
    /// Each once, sorted by their bytes.
    let addresses: [IPAddress]

    /// - Parameter names: DNS names and addresses without brackets; anything else is left out.
    init(_ names: some Sequence<String>) {
        let names = Set(names.map { $0.lowercased() })
        addresses = Set(names.compactMap { IPAddress($0) }).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        dns = names.filter { IPAddress($0) == nil && isHostName($0) }.sorted()
    }

    /// The names by which clients may reach a server: that of its public URL, that it listens on, those of this
    /// machine, those of registries that it stands in front of, and those configured.
    init(for configuration: ServerConfiguration) {
        var names = configuration.tls.names + ["localhost", "127.0.0.1", "::1"]
        if let origin = HTTPOrigin(url: configuration.publicURL) { names.append(origin.host) }
        if !configuration.listen.isWildcard { names.append(configuration.listen.host) }
        if let name = machineName() { names.append(name) }
        for registry in configuration.registries where registry.gateway {
            if let server = HostAndPort(registry.loginServer) { names.append(server.host) }
        }
        self.init(names)
    }

    var generalNames: [GeneralName] {
        dns.map(GeneralName.dnsName) + addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
    }

    /// The names in a certificate.
    init(of certificate: Certificate) throws {
        var dns: [String] = []
        var addresses: [IPAddress] = []
        for name in try certificate.extensions.subjectAlternativeNames ?? SubjectAlternativeNames() {
            switch name {
            case .dnsName(let name): dns.append(name)
            case .ipAddress(let bytes): addresses.append(IPAddress(bytes: Array(bytes.bytes)))
            default: continue
            }
        }
        self.dns = dns.sorted()
        self.addresses = addresses.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }
}
