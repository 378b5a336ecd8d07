import ArgumentParser
import Foundation
import ResourceAPI
import TaskModel

struct TaskCredential: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential", abstract: "Logins of a task at other registries.",
        subcommands: [CredentialAdd.self, CredentialList.self, CredentialUpdate.self, CredentialRemove.self])
}

/// Names a login and gives it.
struct LoginOptions: ParsableArguments {
    @Option(help: "The registry's login server: host[:port].")
    var loginServer: String

    @Option(
        name: [.short, .long],
        help: "The user name, or the location of a secret that holds it: https://VAULT/secrets/NAME.")
    var username: String?

    @Option(
        name: [.short, .long],
        help: "The password, or better, as others can see the command line, the location of a secret that holds it.")
    var password: String?

    @Option(help: "A file with the password, '-' for standard input.")
    var passwordFile: String?

    @Option(help: "The name of an identity, kept and shown only. It may stand beside locations of secrets.")
    var useIdentity: String?

    func validate() throws {
        let hasPassword = password != nil || passwordFile != nil
        guard useIdentity != nil || (username != nil && hasPassword) else {
            throw ValidationError("Give --username with --password-file, or --use-identity.")
        }
    }

    /// Writes the login into a task, and shows the task's logins.
    ///
    /// - Parameter isNew: whether there may be none for that registry yet; else there must be one.
    func write(
        to task: TaskReference, isNew: Bool, _ connection: ConnectionOptions, _ output: OutputOptions
    ) async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = task.id(in: connection)
            let isThere = try await connection.client.task(id).logins[loginServer] != nil
            if isNew, isThere { throw CommandError.loginExists(loginServer, task: task.name) }
            if !isNew, !isThere { throw CommandError.noLogin(loginServer, task: task.name) }
            let change = JSONDocument.credentialChange(host: loginServer, try login())
            try Output(output).write(loginsOf: try await connection.client.patchTask(id, change))
        }
    }

    private func login() throws -> JSONDocument {
        let secret =
            try password
            ?? passwordFile.map { file in
                String(
                    decoding: file == "-" ? try readAll(0, name: "standard input") : try readFile(file), as: UTF8.self
                ).trimmingCharacters(in: .newlines)
            }
        var login: [String: JSONDocument] = [:]
        login["identity"] = useIdentity.map { .text($0) }
        login["userName"] = username.map(Self.secretObject)
        login["password"] = secret.map(Self.secretObject)
        return .object(login)
    }

    /// What has the form of the location of a secret is one.
    private static func secretObject(_ text: String) -> JSONDocument {
        let isLocation = (try? SecretLocation(text)) != nil
        return .object(["type": .text(isLocation ? "Vaultsecret" : "Opaque"), "value": .text(text)])
    }
}

extension JSONDocument {
    /// - Parameter login: null takes it away.
    fileprivate static func credentialChange(host: String, _ login: JSONDocument) -> JSONDocument {
        .object(["properties": .object(["credentials": .object(["customRegistries": .object([host: login])])])])
    }
}

extension TaskResource {
    fileprivate var logins: [String: CredentialsProperties.CustomRegistry] {
        properties?.credentials?.customRegistries ?? [:]
    }
}

extension Output {
    fileprivate func write(loginsOf task: TaskResource) throws {
        let rows = task.logins.sorted { $0.key < $1.key }.map { [$0.key, $0.value.identity ?? ""] }
        try write(columns: ["LOGIN SERVER", "IDENTITY"], rows: rows, json: try JSONDocument(of: task.logins))
    }
}

struct CredentialAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a login.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup var login: LoginOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await login.write(to: reference, isNew: true, connection, outputOptions)
    }
}

struct CredentialUpdate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "update", abstract: "Change a login.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup var login: LoginOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await login.write(to: reference, isNew: false, connection, outputOptions)
    }
}

struct CredentialList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List a task's logins.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write(
                loginsOf: try await connection.client.task(reference.id(in: connection)))
        }
    }
}

struct CredentialRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove a login.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: TaskReference
    @Option(help: "The registry's login server: host[:port].") var loginServer: String
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let id = reference.id(in: connection)
            guard try await connection.client.task(id).logins[loginServer] != nil else {
                throw CommandError.noLogin(loginServer, task: reference.name)
            }
            try Output(outputOptions).write(
                loginsOf: try await connection.client.patchTask(
                    id, JSONDocument.credentialChange(host: loginServer, .null)))
        }
    }
}
