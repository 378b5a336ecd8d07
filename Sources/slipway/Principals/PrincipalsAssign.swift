import ArgumentParser
import ResourceAPI

struct PrincipalsAssign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Give a principal roles, in one registry or in all.")

    @OptionGroup var reference: PrincipalReference
    @OptionGroup var roles: RoleOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws { try roles.requireOne() }

    func run() async throws {
        try await reporting {
            let client = try ResourceClient.current()
            try await roles.change(outputOptions) { try await client.assign($0, to: reference.id) }
        }
    }
}

struct PrincipalsUnassign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unassign", abstract: "Take roles from a principal.",
        discussion: "A role that holds in all registries is taken as a whole: without --registry.")

    @OptionGroup var reference: PrincipalReference
    @OptionGroup var roles: RoleOptions
    @OptionGroup var outputOptions: OutputOptions

    func validate() throws { try roles.requireOne() }

    func run() async throws {
        try await reporting {
            let client = try ResourceClient.current()
            try await roles.change(outputOptions) { try await client.unassign($0, from: reference.id) }
        }
    }
}

extension RoleOptions {
    fileprivate func requireOne() throws {
        if roles.isEmpty { throw ValidationError("Say which role, with --role.") }
    }

    /// Makes a change for each role, and writes the principal as it is then.
    fileprivate func change(
        _ output: OutputOptions, _ make: (RoleProperties) async throws -> PrincipalResource
    ) async throws {
        var changed: PrincipalResource?
        for role in properties { changed = try await make(role) }
        if let changed { try PrincipalOutput(output).write(changed) }
    }
}
