import AgentProtocol
import CurlHTTP
import Forges
import Logging
import Scheduling
import TaskModel

/// Everything the server was told, read once at the start and checked.
struct ServerConfiguration: Sendable {
    /// Absolute.
    let data: String
    /// Both host and port are there.
    let listen: ListenAddress
    /// `https://host[:port]`, without a slash at the end.
    let publicURL: String
    let tls: TLSSettings
    /// At least one; the first is the default.
    let registries: [Registry]
    /// Logins of other registries.
    let credentials: [RegistryLogin]
    /// Login services that passwords may go to: origins.
    let tokenRealms: [String]
    /// At least one; the first is the default.
    let pools: [AgentPool]
    let taskFiles: TaskFileSettings
    let builds: BuildSettings
    let sources: SourceSettings
    /// Those of one's own.
    let forges: [ForgeHost]
    /// Whether hooks are made at forges.
    let makesHooks: Bool
    /// Between two looks at a repository.
    let pollInterval: Duration
    /// Where people see runs, for the statuses of commits.
    let statusPage: StatusPage?
    let proxy: ProxySettings
    let leases: LeaseTerms
    let imageTriggers: ImageTriggerSettings
    let limits: ServerLimits
    let log: LogSettings
    /// What is odd but can be lived with, for the log: a constant phrase and the setting or file it is about.
    let warnings: [ConfigurationWarning]

    /// Reads the configuration: flags over environment over file over defaults.
    ///
    /// - Throws: ``ConfigurationError`` for the first setting that can't be used.
    init(options: ServerOptions, environment: [String: String]) throws(ConfigurationError) {
        let values = try SettingValues.layers(options: options, environment: environment)
        data = try values.path("data") ?? "/var/lib/slipway"
        listen = try ListenAddress(values)
        publicURL = try values.publicURL(listen: listen)
        tls = try TLSSettings(values)
        sources = try SourceSettings(values)
        forges = try values.forges(allowing: sources.addresses.allowedOrigins)
        makesHooks = try values.makesHooks()
        pollInterval = try values.pollInterval()
        statusPage = try values.statusPage()
        registries = try values.registries(allowing: sources.addresses.allowedOrigins, publicURL: publicURL)
        credentials = try values.registryLogins()
        tokenRealms = try values.readList("tokenRealms", expected: "https://host[:port] without a path") {
            parseOrigin($0, schemes: ["https"]).map { originText(scheme: $0.scheme, $0.authority) }
        }
        pools = try values.pools()
        taskFiles = try values.taskFiles()
        builds = try values.builds()
        proxy = try values.proxy(environment: environment)
        leases = try values.leases()
        imageTriggers = try values.imageTriggers()
        limits = try ServerLimits(values)
        log = try LogSettings(values)
        warnings = Self.warnings(values, options: options, environment: environment)
    }

    /// Which addresses the server and its agent may connect to as clients of registries: besides what
    /// ``SourceSettings/addresses`` allows, the registries that are configured and their login services, wherever they are.
    var registryAddresses: AddressPolicy {
        var policy = sources.addresses
        policy.allowedOrigins.formUnion(tokenRealms)
        for registry in registries {
            if let origin = HTTPOrigin(url: registry.endpoint) { policy.allowedOrigins.insert(origin.description) }
        }
        let servers = registries.map(\.loginServer) + credentials.map(\.server)
        for server in servers {
            for scheme in server.isLoopbackServer ? ["https", "http"] : ["https"] {
                if let origin = HTTPOrigin(url: "\(scheme)://\(server)") {
                    policy.allowedOrigins.insert(origin.description)
                }
            }
        }
        return policy
    }
}

/// Where the server listens.
struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A DNS name or an address without brackets.
    let host: String
    let port: UInt16

    var description: String { HostAndPort(host: host, port: port).description }

    /// Whether it stands for all addresses of the machine.
    var isWildcard: Bool { host == "0.0.0.0" || host == "::" }

    init(_ values: SettingValues) throws(ConfigurationError) {
        let expected = "host:port with a port from 1 to 65535, as in 127.0.0.1:8443 or [::]:8443"
        let address = try values.require("listen", expected: expected) { text in
            HostAndPort(text).flatMap { $0.port == nil ? nil : $0 }
        }
        host = address.host
        port = address.port ?? 8443
    }
}

/// A login of a registry that is only read from.
struct RegistryLogin: Sendable, Equatable {
    /// `host[:port]`, lower case.
    let server: String
    let credential: Credential
}

struct ConfigurationWarning: Sendable, Equatable {
    let message: String
    /// The setting, variable or file.
    let subject: String
}

extension SettingValues {
    fileprivate func publicURL(listen: ListenAddress) throws(ConfigurationError) -> String {
        let expected = "https://host[:port] without a path"
        if let given = try read("publicURL", expected: expected, { parseOrigin($0, schemes: ["https"]) }) {
            return originText(scheme: given.scheme, given.authority)
        }
        let host = listen.isWildcard ? machineName() ?? "localhost" : listen.host
        return originText(scheme: "https", HostAndPort(host: host, port: listen.port))
    }
}

extension String {
    /// For `host[:port]`.
    fileprivate var isLoopbackServer: Bool { HostAndPort(self)?.isLoopback ?? false }
}
