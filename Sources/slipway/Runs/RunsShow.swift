import ArgumentParser
import ResourceAPI
import TaskModel

struct RunsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a run with its images and its steps.",
        discussion: """
            Of a run of a task file each step has a line, with a picture in front of which waits for which: lines lead down from a step to \
            those that wait for it, and a step right under another goes on from there. ○ waits, ◐ runs, ● is done, ✗ has failed, ◌ was \
            stopped or never began. Look again to see how it goes on.

            Of each build follow what its builder did, with the numbers of its log, how many steps the cache spared, and at the end the \
            base images: what their names stood for, and whether they have moved since.
            """)

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
            if output.format == .table { describe(run.properties ?? RunProperties(), isColored: output.isColored) }
        }
    }

    /// What has no column.
    private func describe(_ run: RunProperties, isColored: Bool) {
        for line in TriggerLines(run).lines { Terminal.print("\n" + line.escapedForDisplay) }
        if let commit = run.sourceRevision?.commitId {
            Terminal.print("\nCommit: \(commit)" + (run.sourceRevision?.branchName.map { " (\($0))" } ?? ""))
        }
        if let agent = run.agent {
            Terminal.print("\nAgent: \(agent.escapedForDisplay)" + (run.attempt.map { " (attempt \($0))" } ?? ""))
        }
        if let principal = run.canceledBy { Terminal.print("\nCanceled by: \(principal)") }
        if let reason = run.waitReason { Terminal.print("\nWaiting: \(reason.escapedForDisplay)") }
        if let message = run.runErrorMessage { Terminal.print("\nError: \(message.escapedForDisplay)") }
        if let loss = run.logLoss {
            let what = loss.bytes.map { "\($0) bytes are missing" } ?? "bytes may be missing"
            Terminal.print("\nLog: \(what): \((loss.reason ?? "").escapedForDisplay)")
        }
        if let images = run.outputImages, !images.isEmpty { describe(images) }
        if let steps = run.steps, !steps.isEmpty {
            let table = StepTable(steps, start: run.startTime?.date)
            Terminal.write(Array(("\n" + table.text(isColored: isColored)).utf8), to: 1)
            for build in steps.compactMap(VertexTable.init) {
                let text = build.text(width: Terminal.columns, isColored: isColored)
                Terminal.write(Array(("\n" + text).utf8), to: 1)
            }
        }
        if let bases = run.baseImages, !bases.isEmpty {
            Terminal.write(Array(("\n" + BaseImageTable(bases).text(isColored: isColored)).utf8), to: 1)
        }
    }

    private func describe(_ images: [OutputImageProperties]) {
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
