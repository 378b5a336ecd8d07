import ArgumentParser
import ResourceAPI
import TaskModel

struct RunsCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel runs: those named, or all that a filter means.",
        discussion: """
            Queued runs end at once, running ones are stopped and push nothing more. Runs that have ended stay as they are. However many \
            runs are meant, it is one request to the server.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Ids of runs.")
    var runs: [String] = []

    @Option(name: .customLong("run-id"), help: "The id of a run, as the Azure CLI spells it.")
    var runIDs: [String] = []

    @OptionGroup var selection: RunFilterOptions

    @Flag(help: "Cancel every run that has not ended.")
    var all = false

    @Flag(help: "Only tell which runs would be cancelled.")
    var dryRun = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        let ids = runs + runIDs
        if let bad = ids.first(where: { RunID($0.lowercased()) == nil }) {
            throw ValidationError(CommandError.invalidRunID(bad).description)
        }
        let ways = [!ids.isEmpty, !selection.isEmpty, all].filter(\.self).count
        guard ways > 0 else { throw ValidationError(CommandError.nothingToCancel.description) }
        guard ways == 1 else { throw ValidationError("Give run ids, or a filter, or --all: only one of these.") }
    }

    func run() async throws {
        try await reporting {
            let ids = (runs + runIDs).map { $0.lowercased() }
            let request = CancelRunsRequest(
                filter: ids.isEmpty ? try selection.text() : nil, runIds: ids.isEmpty ? nil : ids,
                dryRun: dryRun ? true : nil)
            let connection = try await connection.connect()
            let answer = try await connection.client.cancelRuns(request, in: connection.registry)
            let items = answer.value
            try Output(outputOptions).write(
                columns: ["RUN ID", "STATUS", "RESULT"],
                rows: items.map { [$0.runId, $0.previousStatus ?? "", Self.words(for: $0)] },
                json: try JSONDocument(of: items))
            if let record = answer.recordId, !items.isEmpty {
                Terminal.say("Recorded as \(record): slipway runs cancels")
            }
            if items.isEmpty { Terminal.say("No run that could be cancelled matches.") }
            if items.contains(where: { $0.knownResult == .notFound }) { throw ExitStatus.notFound.exitCode }
        }
    }

    private static func words(for item: CancelRunsAnswer.Item) -> String {
        switch item.knownResult {
        case .canceled: "canceled"
        case .cancelRequested: "stopping"
        case .alreadyFinished: "had ended already"
        case .notFound: "no such run"
        case .wouldCancel: "would be canceled"
        case nil: item.result
        }
    }
}
