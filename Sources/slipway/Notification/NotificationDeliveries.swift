import ArgumentParser
import ResourceAPI

struct NotificationDeliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "List what a notification told in the last 7 days, newest first, and what became of it.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: NotificationReference

    @Option(help: "How many, at most 1000.")
    var top = 100

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (1...1000).contains(top) else { throw ValidationError("--top is a number from 1 to 1000.") }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write(
                try await connection.client.deliveries(
                    ofNotification: reference.name, in: connection.registry, top: top))
        }
    }
}

struct NotificationReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Tell something once more, as a new delivery with the same content.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: NotificationReference

    @Argument(help: "The delivery's id, as 'slipway notification deliveries' shows it.")
    var delivery: String

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard delivery.allSatisfy({ $0.isHexDigit || $0 == "-" }), !delivery.isEmpty else {
            throw ValidationError("'\(delivery)' is no id of a delivery.")
        }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try Output(outputOptions).write([
                try await connection.client.replayDelivery(
                    delivery, ofNotification: reference.name, in: connection.registry)
            ])
        }
    }
}

struct NotificationPing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Try a notification out, at once. The exit code is 1 if it did not arrive.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: NotificationReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let delivery = try await connection.client.pingNotification(reference.name, in: connection.registry)
            try Output(outputOptions).write([delivery])
            guard delivery.state == "delivered" else { throw ExitStatus.failed.exitCode }
        }
    }
}
