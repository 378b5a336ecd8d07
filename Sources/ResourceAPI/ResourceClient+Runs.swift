import TaskModel

extension ResourceClient {
    /// Queues a run (`POST P/scheduleRun`). The answer means that the run is kept.
    public func scheduleRun(_ request: ScheduleRunRequest, in registry: ResourceID) async throws -> RunResource {
        try await post("\(registry)/scheduleRun", apiVersion: APIVersion.runs, body: request)
    }

    /// Runs, newest first (`GET P/runs`).
    ///
    /// - Parameters:
    ///   - filter: in the notation of ``ODataFilter``; nil for all.
    ///   - top: the most that are wanted; nil for all there are.
    public func runs(in registry: ResourceID, filter: String? = nil, top: Int? = nil) async throws -> [RunResource] {
        var query: [(String, String)] = []
        if let top { query.append(("$top", String(top))) }
        if let filter, !filter.isEmpty { query.append(("$filter", filter)) }
        return try await list("\(registry)/runs", apiVersion: APIVersion.runs, query: query, limit: top ?? .max)
    }

    /// `GET P/runs/ID`.
    public func run(_ id: ResourceID) async throws -> RunResource {
        try await get(id.description, apiVersion: APIVersion.runs)
    }

    /// Asks for a run to stop (`POST P/runs/ID/cancel`). For one that has ended this does nothing.
    public func cancelRun(_ id: ResourceID) async throws {
        try await postForNothing("\(id)/cancel", apiVersion: APIVersion.runs)
    }

    /// Asks for many runs to stop, in one request (`POST P/runs/cancel`, ours).
    public func cancelRuns(
        _ request: CancelRunsRequest, in registry: ResourceID
    ) async throws -> CancelRunsAnswer {
        try await post("\(registry)/runs/cancel", apiVersion: APIVersion.runs, body: request)
    }

    /// Who asked for runs to stop, the last ones first (`GET P/runs/cancels`, ours).
    public func cancels(in registry: ResourceID, top: Int) async throws -> [CancelRecordResource] {
        try await list(
            "\(registry)/runs/cancels", apiVersion: APIVersion.runs, query: [("$top", String(top))], limit: top)
    }

    /// Where the log of a run is read (`POST P/runs/ID/listLogSasUrl`).
    public func logLink(of run: ResourceID) async throws -> LogLink {
        try await post("\(run)/listLogSasUrl", apiVersion: APIVersion.runs)
    }
}
