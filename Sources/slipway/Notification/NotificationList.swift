import ArgumentParser
import ResourceAPI

struct NotificationList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List notifications. Secrets are not shown, nor logins and queries of URLs.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write(try await connection.client.notifications(in: connection.registry))
        }
    }
}

struct NotificationShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a notification.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: NotificationReference

    @Flag(help: "Show its secret too, and its URL as it was given. This takes a role that reads the secrets of tasks.")
    var withSecret = false

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write(
                try await connection.client.notification(
                    reference.name, in: connection.registry, revealing: withSecret))
        }
    }
}

struct NotificationDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a notification with what was still to be told.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: NotificationReference

    @Flag(name: [.customShort("y"), .long], help: "Don't ask.")
    var yes = false

    func run() async throws {
        try await reporting {
            guard try await Question.isConfirmed("Delete notification \(reference.name)?", unless: yes) else { return }
            let connection = try await connection.connect()
            try await connection.client.deleteNotification(reference.name, in: connection.registry)
        }
    }
}
