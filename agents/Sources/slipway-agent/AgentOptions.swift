import AgentProtocol
import ArgumentParser
import BuildAgent
import Foundation
import Glibc
import Logging

/// What `slipway-agent` takes on its command line. Each option may be a variable instead: `SLIPWAY_AGENT_` and its name.
struct AgentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server: https://host[:port].", valueName: "url"))
    var server: String?

    @Option(
        help: ArgumentHelp("A file with a join token of the pool. It is needed the first time only.", valueName: "file")
    )
    var joinTokenFile: String?

    @Option(help: "The pool whose runs it takes. Default: default.")
    var pool: String?

    @Option(help: "How many runs go on at once. Default: as many as there are processors.")
    var slots: String?

    @Option(help: ArgumentHelp("The docker daemon. Default: unix:///var/run/docker.sock.", valueName: "endpoint"))
    var docker: String?

    @Option(
        name: .customLong("label"),
        help: ArgumentHelp(
            "What people want to know it by; may be repeated. As a variable (LABELS) with commas between.",
            valueName: "name=value"))
    var labels: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where it keeps its key, logs and mirrors. Default: /var/lib/slipway-agent.", valueName: "folder"))
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Certificates (PEM) that the server's is signed by, besides the system's.", valueName: "file"))
    var caFile: String?

    @Option(
        help:
            "Its name: lower-case letters, digits and dashes. Default: that of the host. It stays what it was at first."
    )
    var name: String?

    @Option(
        help: ArgumentHelp(
            "Answers /healthz, /readyz and /metrics there, as in 127.0.0.1:9100.", valueName: "host:port"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "It takes no run with less free space, in bytes or as in 5GiB. Default: 5GiB.", valueName: "bytes"))
    var minFreeDisk: String?

    @Option(help: "How much it logs: trace, debug, info, notice, warning, error. Default: info.")
    var logLevel: String?
}

/// Everything the agent was told, read once at the start and checked.
struct AgentConfiguration: Sendable {
    let server: String
    let joinTokenFile: String?
    let pool: String
    let slots: Int
    let docker: String
    let labels: [String: String]
    let data: String
    let caFile: String?
    /// Nil if none was given.
    let name: String?
    let listen: (host: String, port: Int)?
    let minFreeDisk: Int64
    let logLevel: Logger.Level

    /// - Throws: ``AgentOptionError`` for the first option that can't be used.
    init(_ options: AgentOptions, environment: [String: String]) throws(AgentOptionError) {
        func value(_ given: String?, _ variable: String) -> String? {
            given ?? environment["SLIPWAY_AGENT_" + variable].flatMap { $0.isEmpty ? nil : $0 }
        }
        func read<Value>(
            _ given: String?, _ variable: String, _ option: String, expected: String, _ read: (String) -> Value?
        ) throws(AgentOptionError) -> Value? {
            guard let text = value(given, variable) else { return nil }
            guard let result = read(text) else { throw .invalid(option, value: text, expected: expected) }
            return result
        }
        guard let server = value(options.server, "SERVER") else {
            throw .missing("--server", expected: "the server, as in https://build.example.com:8443")
        }
        self.server = server
        joinTokenFile = value(options.joinTokenFile, "JOIN_TOKEN_FILE")
        pool = value(options.pool, "POOL") ?? "default"
        slots =
            try read(options.slots, "SLOTS", "--slots", expected: "a number from 1 to 1000") { text in
                Int(text).flatMap { (1...1000).contains($0) ? $0 : nil }
            } ?? max(1, ProcessInfo.processInfo.activeProcessorCount)
        docker =
            try read(options.docker, "DOCKER", "--docker", expected: "unix:// and the path of the daemon's socket") {
                $0.hasPrefix("unix:///") && $0.utf8.count > 8 ? $0 : nil
            } ?? "unix:///var/run/docker.sock"
        let labels =
            options.labels.isEmpty
            ? (value(nil, "LABELS") ?? "").split(separator: ",").map(String.init) : options.labels
        self.labels = try Self.labels(labels)
        data = value(options.data, "DATA") ?? "/var/lib/slipway-agent"
        caFile = value(options.caFile, "CA_FILE")
        name = try read(
            options.name, "NAME", "--name", expected: "1 to 63 lower-case letters, digits and dashes"
        ) { AgentPaths.isAgentID($0) ? $0 : nil }
        listen = try read(
            options.listen, "LISTEN", "--listen", expected: "host:port, as in 127.0.0.1:9100", Self.address)
        minFreeDisk =
            try read(
                options.minFreeDisk, "MIN_FREE_DISK", "--min-free-disk", expected: "bytes, or an amount as in 5GiB",
                Self.bytes) ?? AgentHealth.standardFreeDisk
        logLevel =
            try read(
                options.logLevel, "LOG_LEVEL", "--log-level", expected: "trace, debug, info, notice, warning or error",
                Logger.Level.init(rawValue:)) ?? .info
    }

    private static func labels(_ texts: [String]) throws(AgentOptionError) -> [String: String] {
        var labels: [String: String] = [:]
        for text in texts {
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, pair.allSatisfy(AgentLabels.isPart) else {
                throw .invalid(
                    "--label", value: text, expected: "NAME=VALUE, each 1 to 63 letters, digits, '-', '_', '.' and '/'")
            }
            labels[pair[0]] = pair[1]
        }
        return labels
    }

    private static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }

    private static func bytes(_ text: String) -> Int64? {
        let units: [String: Int64] = ["": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40]
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), let unit = units[text[digits.endIndex...].lowercased()] else { return nil }
        let (bytes, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : bytes
    }
}

/// An option that can't be used.
enum AgentOptionError: Error, Equatable, CustomStringConvertible {
    case missing(String, expected: String)
    case invalid(String, value: String, expected: String)

    var description: String {
        switch self {
        case .missing(let option, let expected): "\(option) is missing: give \(expected)."
        case .invalid(let option, let value, let expected): "\(option) \(value) can't be used: give \(expected)."
        }
    }
}
