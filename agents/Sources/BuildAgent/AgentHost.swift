public import AgentProtocol
import Contexts
public import CurlHTTP
public import Distribution
import DockerEngine
public import TaskModel

/// Makes what carries out runs on a host, as the server's settings say. Agents inside the server and elsewhere are put together here.
public struct AgentHost: Sendable {
    private let settings: AgentSettings
    private let registries: RegistryClient
    private let access: GitAccess

    /// - Parameters:
    ///   - proxy: the host's own.
    ///   - endpoints: where registries are reached; nil for what the settings say.
    public init(
        settings: AgentSettings, proxy: ProxySettings, userAgent: String, endpoints: RegistryEndpoints? = nil
    ) {
        func client(_ addresses: AgentSettings.Addresses?, _ certificates: [String?]) -> HTTPClient {
            var configuration = HTTPClient.Configuration()
            configuration.userAgent = userAgent
            configuration.trustedCertificates = SystemCertificates.bundle(and: certificates.compactMap(\.self))
            configuration.addressPolicy = addresses.map(AddressPolicy.init) ?? AddressPolicy()
            configuration.proxy = proxy
            return HTTPClient(configuration)
        }
        self.settings = settings
        registries = RegistryClient(
            http: client(settings.registries, [settings.certificates, settings.registryCertificates]),
            realms: RealmPolicy(allowedOrigins: Set(settings.tokenRealms ?? [])),
            endpoints: endpoints ?? RegistryEndpoints(settings.endpoints ?? []))
        var limits = ContextLimits()
        limits.packedBytes = settings.contextPackedBytes ?? limits.packedBytes
        limits.unpackedBytes = settings.contextUnpackedBytes ?? limits.unpackedBytes
        limits.entries = settings.contextEntries ?? limits.entries
        access = GitAccess(
            client: client(settings.sources, [settings.certificates]), limits: limits,
            cacheBytes: settings.gitCacheBytes ?? 20 << 30)
    }

    /// What carries out the runs of one pool on a daemon.
    ///
    /// - Parameters:
    ///   - directory: for what is kept of runs until they have ended.
    ///   - sources: for mirrors of git repositories, and downloads.
    ///   - cache: the limits of the daemon's build cache; nil for what the settings say.
    public func executor(
        on daemon: Daemon, directory: String, sources: String, cache: CacheLimits? = nil
    ) -> RunExecutor {
        let limits =
            cache
            ?? CacheLimits(maxBytes: settings.cacheBytes, maxAge: settings.cacheAgeSeconds.map { .seconds($0) })
        return RunExecutor(
            daemon: daemon, registries: registries, fetcher: ContextFetcher(access: access, directory: sources),
            logLimit: settings.logBytes ?? 256 << 20, directory: directory,
            cache: CacheKeeper(client: daemon.client, limits: limits))
    }
}

extension AddressPolicy {
    /// A network that can't be read is none: the one who sent it checks them.
    fileprivate init(_ addresses: AgentSettings.Addresses) {
        self.init(
            allowed: (addresses.allowedNetworks ?? []).compactMap(Network.init),
            allowedOrigins: Set(addresses.allowedOrigins ?? []),
            refused: addresses.refusedNetworks?.compactMap(Network.init) ?? Self.refusedByDefault)
    }
}

extension RegistryEndpoints {
    fileprivate init(_ endpoints: [AgentSettings.Endpoint]) {
        let urls = Dictionary(
            endpoints.map { ($0.loginServer.lowercased(), $0.url) }, uniquingKeysWith: { first, _ in first })
        self.init { urls[$0.lowercased()] }
    }
}
