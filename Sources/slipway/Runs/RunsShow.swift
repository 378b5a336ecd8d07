import ArgumentParser
import ResourceAPI
import TaskModel

struct RunsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show a run with its images.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: RunReference
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let run = try await reference.find(in: connection)
            let output = Output(outputOptions)
            try output.write(
                columns: RunRow.columns, rows: [RunRow.cells(of: run)], json: try JSONDocument(flattening: run))
            if output.format == .table { describe(run.properties ?? RunProperties()) }
        }
    }

    /// What has no column.
    private func describe(_ run: RunProperties) {
        if let commit = run.sourceRevision?.commitId {
            Terminal.print("\nCommit: \(commit)" + (run.sourceRevision?.branchName.map { " (\($0))" } ?? ""))
        }
        if let reason = run.waitReason { Terminal.print("\nWaiting: \(reason.escapedForDisplay)") }
        if let message = run.runErrorMessage { Terminal.print("\nError: \(message.escapedForDisplay)") }
        guard let images = run.outputImages, !images.isEmpty else { return }
        Terminal.print("")
        let table = TextTable(
            columns: ["IMAGE", "DIGEST"],
            rows: images.map { image in
                let name = [image.registry, image.repository].compactMap(\.self).joined(separator: "/")
                return [name + (image.tag.map { ":" + $0 } ?? ""), image.digest ?? ""]
            })
        Terminal.write(Array(table.text().utf8), to: 1)
    }
}
