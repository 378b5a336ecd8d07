import ArgumentParser
import Foundation
import ResourceAPI
import Storage
import TaskModel

/// `slipway-server principal`: principals in the data folder of a server that is stopped.
struct Principals: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "principal",
        abstract: "Lists and changes principals in the data folder of a stopped server.",
        discussion: """
            While the server runs use 'slipway principal', which also gives and takes roles. This command is for setting up a server before \
            its first start, and for when nobody can log in any more.
            """,
        subcommands: [PrincipalsList.self, PrincipalsCreate.self, PrincipalsRotate.self, PrincipalsDelete.self],
        defaultSubcommand: PrincipalsList.self)
}

/// The data folder of a stopped server, as the commands below use it.
struct StoppedServer {
    let directory: DataDirectory
    let configuration: ServerConfiguration
    let start: FirstStart
    let principals: PrincipalStore

    /// Uses the data folder, which is locked until then.
    ///
    /// - Throws: the exit code, after the error was shown: ``StoppedServerError`` while a server runs on the folder.
    static func with(_ options: ServerOptions, _ use: (StoppedServer) async throws -> Void) async throws {
        try await reporting {
            let server = try await StoppedServer(options)
            try await use(server)
            withExtendedLifetime(server.directory) {}
        }
    }

    private init(_ options: ServerOptions) async throws {
        configuration = try ServerConfiguration(options: options, environment: ProcessInfo.processInfo.environment)
        do throws(DataDirectoryError) {
            directory = try DataDirectory(opening: configuration.data)
        } catch .inUse(let path, let process) {
            throw StoppedServerError(path: path, process: process)
        }
        start = try FirstStart(in: directory, configuration: configuration)
        principals = PrincipalStore(database: try Database(path: directory.path(of: .db) + "/slipway.sqlite"))
        try await principals.putAdministrator(of: start, at: Date())
        if start.isNewSecret { Serve.showAdministrator(start, configuration: configuration) }
    }
}

struct StoppedServerError: Error, CustomStringConvertible {
    let path: String
    let process: Int?

    var description: String {
        """
        The server\(process.map { " (process \($0))" } ?? "") runs on \(path). Use 'slipway principal' while it does, \
        or stop it first.
        """
    }
}

extension PrincipalStore {
    /// Keeps the administrator's secret as it stands in ``LocalClient/file``.
    func putAdministrator(of start: FirstStart, at now: Date) async throws {
        try await put(
            Principal(id: start.administrator.username, displayName: "administrator", roles: [RoleAssignment(.admin)]),
            secret: start.administrator.password.value, isOwn: true, at: now)
    }
}

struct PrincipalsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists principals.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await StoppedServer.with(options) { server in
            for record in try await server.principals.list(at: Date()) {
                let roles = record.principal.roles.map(\.description).sorted().joined(separator: ", ")
                print("\(record.principal.id)  \(record.principal.displayName)  [\(roles)]")
            }
        }
    }
}

struct PrincipalsCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Makes a principal, and shows its secret this once.")

    @OptionGroup var options: ServerOptions

    @Argument(help: "A name for people.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "A role; may be repeated: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "role"))
    var role: [String] = []

    @Option(name: .customLong("in-registry"), help: "The registry that the roles hold in (default: all of them).")
    var inRegistry: String?

    func run() async throws {
        try await StoppedServer.with(options) { server in
            let known = server.configuration.registries.map(\.name)
            let roles = try role.map {
                try RoleProperties(role: $0, registry: inRegistry).assignment(registries: known)
            }
            let name = try CreatePrincipalRequest(displayName: name).checkedName()
            let made = try await server.principals.create(named: name, roles: Set(roles), at: Date())
            showLogin(made.record.principal.id, made.secret)
        }
    }
}

struct PrincipalsRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate", abstract: "Gives a principal a new secret, and shows it this once. The old one ends.")

    @OptionGroup var options: ServerOptions

    @Argument(help: "The principal's client id.")
    var id: String

    func run() async throws {
        try await StoppedServer.with(options) { server in
            guard id.lowercased() == server.start.administrator.username else {
                let made = try await server.principals.rotate(id, grace: .zero, at: Date())
                return showLogin(made.record.principal.id, made.secret)
            }
            // The next start makes up a secret for the administrator when this file is not there.
            try server.directory.remove(LocalClient.file)
            let start = try FirstStart(in: server.directory, configuration: server.configuration)
            try await server.principals.putAdministrator(of: start, at: Date())
            showLogin(start.administrator.username, start.administrator.password)
        }
    }
}

struct PrincipalsDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Removes a principal.")

    @OptionGroup var options: ServerOptions

    @Argument(help: "The principal's client id.")
    var id: String

    func run() async throws {
        try await StoppedServer.with(options) { server in
            try await server.principals.delete(id, at: Date())
        }
    }
}

private func showLogin(_ id: String, _ secret: Secret) {
    print("client id      \(id)\nclient secret  \(secret.value)")
}
