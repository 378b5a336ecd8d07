import ArgumentParser
import ResourceAPI

struct PrincipalsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List principals, by name.")

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            try PrincipalOutput(outputOptions).write(try await ResourceClient.current().principals())
        }
    }
}

struct PrincipalsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a principal.")

    @OptionGroup var reference: PrincipalReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            try PrincipalOutput(outputOptions).write(try await ResourceClient.current().principal(reference.id))
        }
    }
}

struct PrincipalsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a principal. Its tokens end at once; its runs stay.")

    @OptionGroup var reference: PrincipalReference

    func run() async throws {
        try await reporting { try await ResourceClient.current().deletePrincipal(reference.id) }
    }
}
