import ArgumentParser
import Foundation
import ResourceAPI
import TaskModel

struct NotificationCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a notification, or replace the one of that name.",
        discussion: """
            Without --secret-file the server makes the secret that deliveries are signed with, and this shows it; one that is replaced \
            keeps its secret. 'slipway notification show --with-secret' shows it again.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: NotificationReference

    @Option(
        help: """
            Where to post: https://[USER:PASSWORD@]HOST[:PORT]/PATH[?QUERY]. With http:// the server's sources.allow must name the \
            origin. Others on this machine can see the command line: see --url-file.
            """)
    var url: String?

    @Option(help: "A file with the URL, where it holds a secret; '-' for standard input.", completion: .file())
    var urlFile: String?

    @Option(
        help: "A file with the secret, of 16 bytes or more; '-' for standard input.", completion: .file())
    var secretFile: String?

    @Option(help: "queued, started, finished, separated by commas. Default: started,finished.")
    var events: NameList?

    @Option(
        help: """
            Only runs of tasks with such names, where * stands for any letters and ? for one, separated by commas. Default: all runs, \
            those of no task as well.
            """)
    var tasks: NameList?

    @Option(help: "Of runs that finished only those with these statuses, separated by commas, as in Failed,Error.")
    var statuses: NameList?

    @Flag(help: "Tell nothing until it is made again without this.")
    var disabled = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (url == nil) != (urlFile == nil) else {
            throw ValidationError("Say once where to post: with --url or with --url-file.")
        }
        guard urlFile != "-" || secretFile != "-" else {
            throw ValidationError("Only one of URL and secret can come from standard input.")
        }
    }

    func run() async throws {
        try await reporting {
            var notification = NotificationResource()
            notification.url = try url ?? urlFile.map(line)
            notification.secret = try secretFile.map { Secret(try line(of: $0)) }
            notification.events = events?.names
            notification.tasks = tasks?.names
            notification.statuses = statuses?.names
            notification.status = disabled ? "Disabled" : "Enabled"
            let connection = try await connection.connect()
            try Output(outputOptions).write(
                try await connection.client.putNotification(reference.name, notification, in: connection.registry))
        }
    }

    /// What a file holds, without blanks and line ends around it.
    private func line(of file: String) throws -> String {
        let bytes = file == "-" ? try readAll(0, name: "standard input") : try readFile(file)
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// Names separated by commas.
struct NameList: ExpressibleByArgument {
    let names: [String]

    init(argument: String) {
        names = argument.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
