import ArgumentParser
import Foundation

/// `slipway-server keys`: the keys that sign.
struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replaces the keys that sign tokens and links.", subcommands: [KeysRoll.self])
}

/// `slipway-server keys roll signing|links`
struct KeysRoll: AsyncParsableCommand {
    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case signing, links
    }

    static let configuration = CommandConfiguration(
        commandName: "roll",
        abstract: "Makes a new key, and lets the server sign with it from now on.",
        discussion: """
            Works while the server runs, which goes on with the new key at its next request, and while it is stopped. Run it as root or as \
            the user of the server.

            signing: the key for tokens. The old one is kept for a day, so nobody has to log in again; with --revoke it is removed, and all \
            tokens end at once (clients then log in again by themselves).
            links: the key for links to uploads and logs. All links that were given out end at once.
            """)

    @OptionGroup var options: ServerOptions

    @Argument(help: "Which key: signing or links.")
    var kind: Kind

    @Flag(help: "End all tokens at once.")
    var revoke = false

    func validate() throws {
        if revoke, kind == .links { throw ValidationError("--revoke is for signing: links always end at once.") }
    }

    func run() async throws {
        try await reporting {
            let configuration = try ServerConfiguration(
                options: options, environment: ProcessInfo.processInfo.environment)
            let directory = try DataDirectory(visiting: configuration.data)
            switch kind {
            case .signing:
                try KeyRoll.rollSigning(in: directory, isRevoking: revoke)
                print("There is a new key for tokens. Tokens given out before \(revoke ? "are void" : "go on").")
            case .links:
                try KeyRoll.rollLinks(in: directory)
                print("There is a new key for links. Links given out before are void.")
            }
        }
    }
}
