import ArgumentParser
import ResourceAPI
import TaskModel

struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Set, list and delete the secrets that runs of a registry may use.",
        discussion: """
            A task file, or a task's login at another registry, names a secret by its location, as it names one in a key vault: \
            https://VAULT/secrets/NAME for the newest version, https://VAULT/secrets/NAME/VERSION for a certain one. VAULT is any host \
            name you like: nothing is asked there. Values are kept encrypted by the server, which hands them to agents alone, for runs of \
            that registry. The newest 10 versions of each are kept.
            """,
        subcommands: [SecretSet.self, SecretList.self, SecretDelete.self], defaultSubcommand: SecretList.self,
        aliases: ["secrets"])
}

/// Which secret.
struct SecretReference: ParsableArguments {
    @Argument(help: "The secret's location: https://VAULT/secrets/NAME[/VERSION].")
    var location: String

    func validate() throws {
        do throws(InvalidName) {
            _ = try SecretLocation(location)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// What was checked before the command began.
    func checked() throws(InvalidName) -> SecretLocation { try SecretLocation(location) }
}

/// Writes secrets, a row for each version.
struct SecretOutput {
    private static let columns = ["LOCATION", "VERSION", "CREATED", "BY"]
    private let output: Output

    init(_ options: OutputOptions) {
        output = Output(options)
    }

    func write(_ secrets: [SecretResource]) throws {
        try output.write(
            columns: Self.columns, rows: secrets.flatMap { Self.rows(of: $0) }, json: try JSONDocument(of: secrets))
    }

    /// Only the newest version, which was just made; JSON has all of them.
    func write(_ secret: SecretResource) throws {
        try output.write(
            columns: Self.columns, rows: Array(Self.rows(of: secret).prefix(1)), json: try JSONDocument(of: secret))
    }

    private static func rows(of secret: SecretResource) -> [[String]] {
        secret.versions.map { [secret.location, $0.id, $0.createTime.shortDescription, $0.createdBy] }
    }
}
