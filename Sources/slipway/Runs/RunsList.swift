import ArgumentParser
import ResourceAPI

struct RunsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List runs, newest first.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var selection: RunFilterOptions
    @OptionGroup var outputOptions: OutputOptions

    @Option(help: "The most runs to list; 0 for all there are.")
    var top = 15

    func validate() throws {
        guard top >= 0 else { throw ValidationError("--top can't be negative.") }
    }

    func run() async throws {
        try await reporting {
            let filter = try selection.text()
            let connection = try await connection.connect()
            let runs = try await connection.client.runs(
                in: connection.registry, filter: filter, top: top == 0 ? nil : top)
            try Output(outputOptions).write(
                columns: RunRow.columns, rows: runs.map(RunRow.cells(of:)),
                json: .list(try runs.map { try JSONDocument(flattening: $0) }))
        }
    }
}
