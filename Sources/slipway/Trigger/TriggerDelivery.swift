import ArgumentParser
import ResourceAPI
import TaskModel

/// The delivery that is meant.
struct DeliveryReference: ParsableArguments {
    @Argument(help: "The delivery's id, as 'slipway trigger deliveries' shows it.")
    var delivery: String

    func validate() throws {
        // Anything else would be another path of the API.
        guard !delivery.isEmpty, delivery.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ValidationError(
                "'\(delivery)' is no id of a delivery. 'slipway trigger deliveries' shows those there are.")
        }
    }
}

/// `slipway trigger delivery`.
struct TriggerDelivery: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delivery", abstract: "Show a delivery; as JSON with all that it says, to those who write tasks.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: DeliveryReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let delivery = try await connection.client.delivery(reference.delivery, in: connection.registry)
            try Output(outputOptions).write(delivery)
        }
    }
}

/// `slipway trigger replay`.
struct TriggerReplay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Work on a delivery once more.",
        discussion: "Of a commit that had its run it makes no second one: queue that with 'slipway task run'.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: DeliveryReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let delivery = try await connection.client.replayDelivery(reference.delivery, in: connection.registry)
            try Output(outputOptions).write(delivery)
        }
    }
}

/// `slipway trigger approve`.
struct TriggerApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let a commit of a pull request from a fork run.",
        discussion: """
            The run gets no secrets, pushes nothing and shares no cache; its task file is that of the branch that the pull \
            request is for. Look at the commit first: it is that one that runs, and no later one.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: DeliveryReference

    @Option(help: "The whole id of the commit.")
    var commit: String

    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let delivery = try await connection.client.approveDelivery(
                reference.delivery, commit: commit, in: connection.registry)
            try Output(outputOptions).write(delivery)
        }
    }
}

extension Output {
    func write(_ delivery: DeliveryResource) throws {
        try write(
            columns: DeliveryRow.columns, rows: [DeliveryRow.cells(of: delivery)], json: try JSONDocument(of: delivery))
    }
}
