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

    @Option(
        name: .customLong("event"),
        help: "queued, started or finished; give it again for more. Default: started and finished.",
        completion: .list(["queued", "started", "finished"]))
    var events: [String] = []

    @Option(
        name: .customLong("task"),
        help: """
            Only runs of tasks with such names, where * stands for any letters and ? for one; give it again for more. Default: all runs, \
            those of no task as well.
            """)
    var tasks: [String] = []

    @Option(
        name: .customLong("status"),
        help: "Of runs that finished only those with this status, as in Failed; give it again for more.",
        completion: .list(["Succeeded", "Failed", "Canceled", "Error", "Timeout"]))
    var statuses: [String] = []

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
            notification.events = events.isEmpty ? nil : events
            notification.tasks = tasks.isEmpty ? nil : tasks
            notification.statuses = statuses.isEmpty ? nil : statuses
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
