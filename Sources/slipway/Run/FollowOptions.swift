import ArgumentParser
import ResourceAPI

/// Options about what happens after a run was queued.
struct FollowOptions: ParsableArguments {
    @Flag(help: "Don't wait for the run to end.")
    var noWait = false

    @Flag(help: "Wait for the run to end without showing its log, then show the run.")
    var noLogs = false

    @OptionGroup var outputOptions: OutputOptions

    /// Queues a run and stays with it as far as the options say.
    ///
    /// - Parameter kind: `build` or `run`, for the line that names the run.
    func follow(
        _ request: ScheduleRunRequest, kind: String, in connection: Connection
    ) async throws {
        let interrupts = await Interrupts()
        let queued = try await connection.client.scheduleRun(request, in: connection.registry)
        let id = try queued.requiredID
        Terminal.say("Queued a \(kind) with ID: \(id)")
        let run = RunFollower(
            connection: connection, id: id, interrupts: interrupts,
            isColored: Terminal.isColorWanted(unless: outputOptions.noColor))
        if noWait {
            if outputOptions.output != .table { try show(queued) }
        } else if noLogs {
            let ended = try await run.waitForEnd()
            try show(ended)
            try run.report(ended)
        } else {
            Terminal.say("Waiting for an agent...")
            try await run.follow()
        }
    }

    private func show(_ run: RunResource) throws {
        try Output(outputOptions).write(
            columns: RunRow.columns, rows: [RunRow.cells(of: run)], json: try JSONDocument(flattening: run))
    }
}
