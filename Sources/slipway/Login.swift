import ArgumentParser
import CurlHTTP
import Glibc
import ResourceAPI

struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Log in to a slipway-server on another machine.",
        discussion: """
            The secret is read from a file, from standard input, or asked for at the terminal; never from the command line, where other \
            users could see it. The login is kept in a file that only you can read: profile.json in $SLIPWAY_CONFIG_DIR, else in \
            $XDG_CONFIG_HOME/slipway, else in ~/.config/slipway.
            """)

    @Option(help: "Address of the server: https://host[:port].")
    var server: String

    @Option(help: "The id of the principal to log in as.")
    var clientID: String

    @Option(help: "A file with the client secret; '-' for standard input.", completion: .file())
    var clientSecretFile: String?

    @Option(
        help: "PEM file of the CA that signed the server's certificate, if it is none the system knows.",
        completion: .file())
    var caFile: String?

    @Option(name: [.customShort("r"), .long], help: "The registry to use when a command names none.")
    var registry: String?

    func run() async throws {
        try await reporting {
            let profile = Profile(
                server: try serverAddress(), clientId: clientID, clientSecret: try secret(),
                caCertificates: try caFile.map { String(decoding: try readFile($0), as: UTF8.self) }, registry: registry
            )
            let client = try ResourceClient(profile, cachingTokensIn: nil)
            let registries = try await client.registries().map(\.name)
            if let registry { _ = try await client.findRegistry(named: registry) }
            let folder = SettingsFolder()
            try folder.remove(TokenFile.fileName)
            try profile.save(in: folder)
            Terminal.say(
                "Logged in to \(profile.server). Registries: \(registries.isEmpty ? "none" : registries.joined(separator: ", "))."
            )
        }
    }

    private func serverAddress() throws(CommandError) -> String {
        let text = server.contains("://") ? server : "https://" + server
        guard let origin = HTTPOrigin(url: text) else { throw .invalidServer(server) }
        return origin.description
    }

    private func secret() throws(CommandError) -> String {
        let bytes: [UInt8]
        switch clientSecretFile {
        case "-"?: bytes = try readAll(STDIN_FILENO, name: "standard input")
        case let file?: bytes = try readFile(file)
        case nil where Terminal.isInputInteractive: bytes = Terminal.ask("Client secret: ")
        case nil: bytes = try readAll(STDIN_FILENO, name: "standard input")
        }
        let text =
            String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !text.isEmpty else { throw .noSecret }
        return text
    }
}
