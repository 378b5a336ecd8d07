import ArgumentParser
import ResourceAPI

struct Principals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "principal",
        abstract: "Manage who may use the server.",
        discussion: """
            A principal is somebody, or a program, with a client id and a secret. Its roles say what it may do, in one registry or in all. \
            It takes the role Admin in all registries to manage principals.

            Roles: Reader sees runs, logs, tasks and pools. Builder also queues and cancels runs. TaskAuthor also writes tasks. PoolOperator \
            sees what a Reader sees, and changes pools. Admin may do everything. AcrPull, AcrPush and AcrDelete only move images.
            """,
        subcommands: [
            PrincipalsCreate.self, PrincipalsList.self, PrincipalsShow.self, PrincipalsRotate.self,
            PrincipalsDelete.self, PrincipalsAssign.self, PrincipalsUnassign.self,
        ],
        defaultSubcommand: PrincipalsList.self, aliases: ["principals"])
}

/// Which principal.
struct PrincipalReference: ParsableArguments {
    @Argument(help: "The principal's client id.")
    var id: String

    func validate() throws {
        // Anything else would be another path of the API.
        guard !id.isEmpty, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
            throw ValidationError("'\(id)' is no client id. 'slipway principal list' shows those there are.")
        }
    }
}

/// Writes principals, and a new secret, which is shown this once.
struct PrincipalOutput {
    private static let columns = ["CLIENT ID", "NAME", "ROLES", "SECRETS", "CREATED"]
    private let output: Output

    init(_ options: OutputOptions) {
        output = Output(options)
    }

    func write(_ principals: [PrincipalResource]) throws {
        try output.write(
            columns: Self.columns, rows: principals.map(Self.cells), json: try JSONDocument(of: principals))
    }

    func write(_ principal: PrincipalResource) throws {
        var (columns, cells) = (Self.columns, Self.cells(of: principal))
        if let secret = principal.clientSecret {
            columns.insert("CLIENT SECRET", at: 1)
            cells.insert(secret, at: 1)
        }
        try output.write(columns: columns, rows: [cells], json: try JSONDocument(of: principal))
        if principal.clientSecret != nil { Terminal.say("Keep the client secret: it is not shown again.") }
    }

    private static func cells(of principal: PrincipalResource) -> [String] {
        let roles = principal.roles.map { role in role.role + (role.registry.map { " in " + $0 } ?? "") }
        let secrets = principal.secrets.map { secret in
            secret.id + (secret.endTime.map { " until " + $0.shortDescription } ?? "")
        }
        return [
            principal.clientId, principal.displayName, roles.joined(separator: ", "), secrets.joined(separator: ", "),
            principal.createTime.shortDescription,
        ]
    }
}
