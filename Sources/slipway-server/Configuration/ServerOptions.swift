import ArgumentParser

/// The command line of `slipway-server`. Nothing is checked here: flags are one layer of ``SettingValues``.
struct ServerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("YAML file with settings.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp("Folder for everything the server keeps (default: /var/lib/slipway).", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("Address to answer on (default: 127.0.0.1:8443).", valueName: "host:port"))
    var listen: String?

    @Option(name: .customLong("public-url"), help: ArgumentHelp("How clients reach the server.", valueName: "url"))
    var publicURL: String?

    @Option(
        name: .customLong("registry"),
        help: ArgumentHelp(
            "A registry; may be repeated (default: local01=localhost:5000).", valueName: "name=loginserver[=url]"))
    var registries: [String] = []

    @Option(
        name: .customLong("allow-source"),
        help: ArgumentHelp("A source that is refused otherwise; may be repeated.", valueName: "origin-or-network"))
    var allowedSources: [String] = []

    @Option(
        help: ArgumentHelp(
            "Docker daemon of the first pool (default: unix:///var/run/docker.sock).", valueName: "unix-url"))
    var docker: String?

    @Option(
        help: ArgumentHelp("How many runs the first pool has at once (default: number of cores).", valueName: "number"))
    var slots: String?

    @Option(
        name: .customLong("log-level"),
        help: ArgumentHelp("trace, debug, info, notice, warning, error or critical.", valueName: "level"))
    var logLevel: String?

    @Option(name: .customLong("log-format"), help: ArgumentHelp("text or json.", valueName: "format"))
    var logFormat: String?

    init() {}
}

extension ServerOptions {
    /// The flags with one value that were given, by name.
    var texts: [String: String] {
        [
            "--data": data, "--listen": listen, "--public-url": publicURL, "--docker": docker, "--slots": slots,
            "--log-level": logLevel, "--log-format": logFormat,
        ].compactMapValues(\.self)
    }

    /// The flags that may be repeated.
    var lists: [String: [String]] {
        ["--registry": registries, "--allow-source": allowedSources].filter { !$0.value.isEmpty }
    }
}
