import ArgumentParser
import ResourceAPI
import TaskModel

/// Options that select runs.
struct RunFilterOptions: ParsableArguments {
    @Option(
        name: [.customLong("status"), .customLong("run-status")],
        help:
            "Runs of this status; give it again for more: \(RunStatus.allCases.map(\.rawValue).joined(separator: ", ")).",
        completion: .list(RunStatus.allCases.map(\.rawValue)))
    var statuses: [String] = []

    @Option(help: "Runs of this task.")
    var task: String?

    @Option(name: [.long, .customLong("agent-pool")], help: "Runs on this agent pool.")
    var pool: String?

    @Option(help: "Runs that pushed this image: repository:tag or repository@sha256:….")
    var image: String?

    @Option(
        help:
            "A filter in OData's notation, besides the others: \"Status eq 'Failed' and CreateTime ge 2026-01-31T00:00:00Z\"."
    )
    var filter: String?

    func validate() throws {
        for status in statuses where RunStatus(anyCase: status) == nil {
            let known = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(status)' is no status. Use one of \(known).")
        }
    }

    var isEmpty: Bool { statuses.isEmpty && task == nil && pool == nil && image == nil && filter == nil }

    /// In the notation of `$filter`; empty for all runs.
    func text() throws(InvalidRequest) -> String {
        var conditions: [RunFilter.Condition] = []
        if !statuses.isEmpty { conditions.append(.status(Set(statuses.compactMap(RunStatus.init(anyCase:))))) }
        if let task { conditions.append(.task(.equal, task)) }
        if let pool { conditions.append(.agentPool(.equal, pool)) }
        if let image { conditions.append(.outputImage(image)) }
        if let filter { conditions += try ODataFilter.parse(filter).conditions }
        return ODataFilter.text(of: RunFilter(conditions))
    }
}
