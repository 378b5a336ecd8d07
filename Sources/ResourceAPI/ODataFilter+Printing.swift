public import TaskModel

import struct Foundation.Date

extension ODataFilter {
    /// Writes a filter in the notation that ``parse(_:)`` reads; empty for all runs.
    public static func text(of filter: RunFilter) -> String {
        filter.conditions.map(text(of:)).joined(separator: " and ")
    }

    private static func text(of condition: RunFilter.Condition) -> String {
        switch condition {
        case .runID(let comparison, let id): term("RunId", comparison, quoted(id.text))
        case .status(let statuses): text(of: statuses)
        case .type(let comparison, let type): term("RunType", comparison, quoted(type.rawValue))
        case .task(let comparison, let name): term("TaskName", comparison, quoted(name))
        case .agentPool(let comparison, let name): term("AgentPoolName", comparison, quoted(name))
        case .archived(let isArchived): term("IsArchiveEnabled", .equal, isArchived ? "true" : "false")
        case .createTime(let comparison, let date): term("CreateTime", comparison, Timestamp(date).description)
        case .finishTime(let comparison, let date): term("FinishTime", comparison, Timestamp(date).description)
        case .outputImage(let name): "contains(OutputImageManifests, \(quoted(name)))"
        }
    }

    private static func text(of statuses: Set<RunStatus>) -> String {
        let terms = RunStatus.allCases.filter(statuses.contains).map { term("Status", .equal, quoted($0.rawValue)) }
        return switch terms.count {
        // No status at all: the notation has no word for it, two that exclude each other say the same.
        case 0: "Status eq 'Queued' and Status ne 'Queued'"
        case 1: terms[0]
        default: "(" + terms.joined(separator: " or ") + ")"
        }
    }

    private static func term(_ field: String, _ comparison: RunFilter.Comparison, _ value: String) -> String {
        "\(field) \(comparison.rawValue) \(value)"
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
