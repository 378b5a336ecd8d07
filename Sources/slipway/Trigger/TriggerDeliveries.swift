import ArgumentParser
import ResourceAPI

/// `slipway trigger deliveries`.
struct TriggerDeliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deliveries",
        abstract: "List what was sent to the hooks of tasks and of the registry in the last 7 days, newest first.")

    @OptionGroup var connection: ConnectionOptions

    @Option(name: [.customShort("n"), .long], help: "The name of a task. Default: all of them.")
    var name: String?

    @Option(help: "The most deliveries to show.")
    var top = 20

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (1...1000).contains(top) else { throw ValidationError("--top must be 1 to 1000.") }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let deliveries = try await connection.client.deliveries(
                in: connection.registry, task: name, limit: top)
            try Output(outputOptions).write(
                columns: DeliveryRow.columns, rows: deliveries.map(DeliveryRow.cells),
                json: try JSONDocument(of: deliveries))
        }
    }
}

/// A delivery in a table.
enum DeliveryRow {
    static let columns = ["ID", "TIME", "FROM", "TASK", "STATE", "OUTCOME"]

    static func cells(of delivery: DeliveryResource) -> [String] {
        [
            delivery.id, delivery.time?.shortDescription ?? "", delivery.kind ?? "", delivery.task ?? "",
            delivery.state ?? "", delivery.outcome ?? "",
        ].map(\.escapedForDisplay)
    }
}
