import ArgumentParser
import ResourceAPI
import TaskModel

/// `slipway runs cancels`.
struct RunsCancels: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancels",
        abstract: "Show who asked for runs to be canceled, when and from where, and what became of each run.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "The most requests to show, the last ones first.")
    var top = 20

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard (1...1000).contains(top) else { throw ValidationError("--top must be 1 to 1000.") }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let records = try await connection.client.cancels(in: connection.registry, top: top)
            try Output(outputOptions).write(
                columns: ["ID", "TIME", "WHO", "FROM", "WHICH", "RUNS"], rows: records.map(Self.cells),
                json: try JSONDocument(of: records))
        }
    }

    private static func cells(of record: CancelRecordResource) -> [String] {
        let runs = record.runs ?? []
        let stopped = runs.count { $0.knownResult == .canceled || $0.knownResult == .cancelRequested }
        let which = record.filter.map { $0.isEmpty ? "all" : $0 } ?? runs.prefix(5).map(\.runId).joined(separator: " ")
        return [
            record.id.map(String.init) ?? "", record.time?.shortDescription ?? "", record.principal ?? "",
            record.address ?? "", which.escapedForDisplay, "\(stopped) of \(runs.count)",
        ]
    }
}
