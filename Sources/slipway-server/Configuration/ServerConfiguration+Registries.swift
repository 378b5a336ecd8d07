import TaskModel

extension SettingValues {
    /// The registries, or the one that a server without configuration has.
    ///
    /// - Parameters:
    ///   - allowed: origins that may be plain http.
    ///   - publicURL: where clients reach this server: the login server of registries that it stands in front of.
    func registries(
        allowing allowed: Set<String>, publicURL: String
    ) throws(ConfigurationError) -> [Registry] {
        var registries: [Registry] = []
        for index in 0..<max(1, count("registries")) {
            let path = "registries[\(index)]"
            let registry =
                try bool("\(path).gateway")
                ? gateway(at: path, publicURL: publicURL, allowing: allowed)
                : registry(at: path, isDefault: index == 0, allowing: allowed)
            if let other = registries.firstIndex(where: { $0.name.lowercased() == registry.name.lowercased() }) {
                throw .invalid(
                    place("\(path).name"), value: registry.name,
                    expected: "another name than that of registries[\(other)]")
            }
            if let other = registries.firstIndex(where: {
                $0.loginServer.lowercased() == registry.loginServer.lowercased() && ($0.gateway || registry.gateway)
            }) {
                // Requests name nothing but the login server.
                throw .invalid(
                    place("\(path).loginServer"), value: registry.loginServer,
                    expected: "another login server than that of registries[\(other)], as this server answers at it")
            }
            registries.append(registry)
        }
        return registries
    }

    /// A registry that this server stands in front of.
    private func gateway(
        at path: String, publicURL: String, allowing allowed: Set<String>
    ) throws(ConfigurationError) -> Registry {
        let name = try nameOfRegistry(at: path, standard: nil)
        let standard = HostAndPort(String(publicURL.dropFirst("https://".count)))
        let expected = "the host[:port] at which this server is reached, as in registry.example.com"
        guard let given = try read("\(path).loginServer", expected: expected, HostAndPort.init) ?? standard else {
            throw .missing(place("\(path).loginServer"), expected: expected)
        }
        // 443 is what clients take when no port is there.
        let loginServer = HostAndPort(host: given.host, port: given.port == 443 ? nil : given.port)
        guard isGiven("\(path).endpoint") else {
            throw .missing(
                place("\(path).endpoint"),
                expected: "the registry behind this server, as in http://127.0.0.1:5000, since gateway is true")
        }
        let endpoint = try endpoint(at: "\(path).endpoint", of: loginServer, allowing: allowed)
        guard endpoint != originText(scheme: "https", loginServer), endpoint != publicURL else {
            throw .invalid(
                place("\(path).endpoint"), value: endpoint,
                expected: "the registry behind this server: that is this server itself")
        }
        return Registry(
            name: name, loginServer: loginServer.description, endpoint: endpoint, credential: try credential(at: path),
            gateway: true)
    }

    private func registry(
        at path: String, isDefault: Bool, allowing allowed: Set<String>
    ) throws(ConfigurationError) -> Registry {
        // A registry in the file says its name; one given as a login server alone, or not at all, need not.
        let isInFile = if case .file = place("registries").source { true } else { false }
        let name = try nameOfRegistry(at: path, standard: isDefault && !isInFile ? "local01" : nil)
        let expected = "host[:port], as in registry.example.com or localhost:5000"
        let given = try read("\(path).loginServer", expected: expected, HostAndPort.init)
        guard let loginServer = given ?? (count("registries") > 0 ? nil : HostAndPort("localhost:5000")) else {
            throw .missing(place("\(path).loginServer"), expected: expected)
        }
        let endpoint = try endpoint(at: "\(path).endpoint", of: loginServer, allowing: allowed)
        return Registry(
            name: name, loginServer: loginServer.description, endpoint: endpoint, credential: try credential(at: path))
    }

    private func nameOfRegistry(at path: String, standard: String?) throws(ConfigurationError) -> String {
        let expected = "5 to 50 letters and digits, as clients demand"
        let name = try read("\(path).name", expected: expected) { name in
            (5...50).contains(name.count) && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) } ? name : nil
        }
        guard let name = name ?? standard else { throw .missing(place("\(path).name"), expected: expected) }
        return name
    }

    private func endpoint(
        at path: String, of loginServer: HostAndPort, allowing allowed: Set<String>
    ) throws(ConfigurationError) -> String {
        let given = try read(path, expected: "http:// or https:// and host[:port], without a path") { text in
            parseOrigin(text, schemes: ["http", "https"])
        }
        // Docker too speaks plain http with registries on loopback.
        guard let given else { return originText(scheme: loginServer.isLoopback ? "http" : "https", loginServer) }
        let endpoint = originText(scheme: given.scheme, given.authority)
        guard given.scheme == "https" || given.authority.isLoopback || allowed.contains(endpoint) else {
            throw .invalid(
                place(path), value: endpoint,
                expected:
                    "https://, as it is not on this machine; to use http even so, add \(endpoint) to sources.allow"
            )
        }
        return endpoint
    }

    /// Logins of registries that runs read from.
    func registryLogins() throws(ConfigurationError) -> [RegistryLogin] {
        var logins: [RegistryLogin] = []
        for index in 0..<count("credentials") {
            let path = "credentials[\(index)]"
            let server = try require(
                "\(path).server", expected: "host[:port], as in registry.example.com", HostAndPort.init)
            if let other = logins.firstIndex(where: { $0.server == server.description }) {
                throw .invalid(
                    place("\(path).server"), value: server.description,
                    expected: "another server than that of credentials[\(other)]")
            }
            guard let credential = try credential(at: path) else {
                throw .missing(place("\(path).username"), expected: "a user name, given together with a password")
            }
            logins.append(RegistryLogin(server: server.description, credential: credential))
        }
        return logins
    }

    /// Whether a password stands in the configuration file itself.
    var hasSecretsInFile: Bool {
        secretPaths.contains { path in
            if case .file = place(path).source { true } else { false }
        }
    }
}
