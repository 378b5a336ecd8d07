import ArgumentParser
import ResourceAPI

struct PrincipalsRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Give a principal a new secret, and show it this once.",
        discussion: """
            The old secret and its tokens end at once, or after --grace: two secrets are good at a time, so that a program can be given the \
            new one without a gap.
            """)

    @OptionGroup var reference: PrincipalReference

    @Option(help: "How many seconds the old secret goes on to be good, at most \(RotateSecretRequest.longestGrace).")
    var grace = 0

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (0...RotateSecretRequest.longestGrace).contains(grace) else {
            throw ValidationError("--grace takes 0 to \(RotateSecretRequest.longestGrace) seconds.")
        }
    }

    func run() async throws {
        try await reporting {
            let request = RotateSecretRequest(graceSeconds: grace)
            let client = try ResourceClient.current()
            try PrincipalOutput(outputOptions).write(try await client.rotateSecret(of: reference.id, request))
        }
    }
}
