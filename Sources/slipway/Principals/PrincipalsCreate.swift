import ArgumentParser
import ResourceAPI

struct PrincipalsCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a principal, and show its secret this once.",
        discussion: "Without a role it can log in, and see nothing.")

    @Argument(help: "A name for people, as in 'nightly builds'.")
    var name: String

    @OptionGroup var roles: RoleOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let request = CreatePrincipalRequest(displayName: name, roles: roles.properties)
            try PrincipalOutput(outputOptions).write(try await ResourceClient.current().createPrincipal(request))
        }
    }
}
