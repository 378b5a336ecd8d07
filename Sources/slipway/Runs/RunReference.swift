import ArgumentParser
import ResourceAPI
import TaskModel

/// One run: by its id, or the newest.
struct RunReference: ParsableArguments {
    @Argument(help: "The run's id. Default: the newest run.")
    var run: String?

    @Option(help: "The run's id, as the Azure CLI spells it.")
    var runID: String?

    func validate() throws {
        if run != nil, runID != nil {
            throw ValidationError("Give the run's id once: as an argument or with --run-id.")
        }
    }

    func find(in connection: Connection) async throws -> RunResource {
        if let text = run ?? runID {
            guard let id = RunID(text.lowercased()) else { throw CommandError.invalidRunID(text) }
            return try await connection.client.run(connection.registry.run(id))
        }
        guard let newest = try await connection.client.runs(in: connection.registry, top: 1).first else {
            throw CommandError.noRuns
        }
        // A list leaves out what only a look at the run tells: what it waits for.
        return try await connection.client.run(connection.registry.run(newest.requiredID))
    }
}

extension RunResource {
    /// The run's id, which every answer about a run must have.
    var requiredID: RunID {
        get throws(CommandError) {
            guard let runID else { throw .invalidRunID(name) }
            return runID
        }
    }
}
