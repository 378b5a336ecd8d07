import AgentProtocol
import CurlHTTP
import TaskModel

extension AgentSettings {
    /// What the configuration says for all agents, those inside the server included.
    ///
    /// - Parameter registryCertificates: files that only registries are trusted by.
    /// - Throws: ``FileError`` naming the file.
    init(_ configuration: ServerConfiguration, registryCertificates: [String]) throws(FileError) {
        self.init()
        sources = Addresses(configuration.sources.addresses)
        registries = Addresses(configuration.registryAddresses)
        tokenRealms = configuration.tokenRealms
        endpoints = configuration.registries.map {
            // From outside a registry that this server stands in front of is this server.
            Endpoint(loginServer: $0.loginServer, url: $0.gateway ? "https://" + $0.loginServer : $0.endpoint)
        }
        certificates = try Self.text(configuration.tls.extraCertificates)
        self.registryCertificates = try Self.text(registryCertificates)
        logBytes = configuration.limits.logBytes
        contextPackedBytes = configuration.limits.contextPackedBytes
        contextUnpackedBytes = configuration.limits.contextUnpackedBytes
        contextEntries = configuration.limits.contextEntries
        gitCacheBytes = configuration.limits.gitCacheBytes
        heartbeatSeconds = 10
    }

    /// The same with what the pool's own settings say.
    func with(_ pool: AgentPool?) -> AgentSettings {
        var settings = self
        settings.cacheBytes = pool?.cache.maxBytes
        settings.cacheAgeSeconds = pool?.cache.maxAge?.components.seconds
        return settings
    }

    private static func text(_ files: [String]) throws(FileError) -> String {
        String(decoding: try TrustedCertificates.bundle(extra: files, system: []), as: UTF8.self)
    }
}

extension AgentSettings.Addresses {
    fileprivate init(_ policy: AddressPolicy) {
        self.init(
            allowedNetworks: policy.allowed.map(\.description), allowedOrigins: policy.allowedOrigins.sorted(),
            refusedNetworks: policy.refused.map(\.description))
    }
}
