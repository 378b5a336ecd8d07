import Foundation
import GRDB
import TaskModel

/// A ``RunFilter`` as a condition of SQL, its values always bound.
struct RunCondition {
    private(set) var sql = "registry = ?"
    private(set) var arguments: StatementArguments

    init(registry: String, _ filter: RunFilter) {
        arguments = [registry]
        for condition in filter.conditions { add(condition) }
    }

    private mutating func add(_ condition: RunFilter.Condition) {
        switch condition {
        case .runID(let comparison, let id):
            // The run itself may have been removed. An id that can't be one compares as NULL does: with nothing.
            add("sequence \(comparison.sql) ?", [id.sequence])
        case .status(let statuses):
            let marks = Array(repeating: "?", count: statuses.count).joined(separator: ", ")
            add("status IN (\(marks))", StatementArguments(statuses.map(\.rawValue).sorted()))
        case .type(let comparison, let type): add("type \(comparison.sql) ?", [type.rawValue])
        case .task(.equal, let name): add("task = ?", [name])
        case .task(let comparison, let name): add("coalesce(task, '') \(comparison.sql) ? COLLATE NOCASE", [name])
        case .agentPool(let comparison, let name): add("agentPool \(comparison.sql) ?", [name])
        case .archived(let isArchived): add("isArchiveEnabled = ?", [isArchived])
        case .createTime(let comparison, let time): add("createTime \(comparison.sql) ?", [time.storedMilliseconds])
        case .finishTime(let comparison, let time): add("finishTime \(comparison.sql) ?", [time.storedMilliseconds])
        case .outputImage(let name): addImage(name)
        }
    }

    /// `[registry/]repository[:tag][@digest]`; what is not said is not compared.
    private mutating func addImage(_ name: String) {
        var rest = Substring(name)
        var parts: [String] = []
        var values: [String] = []
        if let at = rest.firstIndex(of: "@") {
            parts.append("digest = ?")
            values.append(String(rest[rest.index(after: at)...]))
            rest = rest[..<at]
        }
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            parts.append("tag = ?")
            values.append(String(rest[rest.index(after: colon)...]))
            rest = rest[..<colon]
        }
        if let slash = rest.firstIndex(of: "/") {
            // What stands before the first slash is a registry, or belongs to the repository.
            parts.append("(repository = ? OR repository = ? AND registry = ?)")
            values += [String(rest), String(rest[rest.index(after: slash)...]), String(rest[..<slash])]
        } else if !rest.isEmpty {
            parts.append("repository = ?")
            values.append(String(rest))
        }
        guard !parts.isEmpty else { return }
        add(
            "sequence IN (SELECT run FROM outputImage WHERE \(parts.joined(separator: " AND ")))",
            StatementArguments(values))
    }

    private mutating func add(_ part: String, _ values: StatementArguments) {
        sql += " AND " + part
        arguments += values
    }
}

extension RunFilter.Comparison {
    fileprivate var sql: String {
        switch self {
        case .equal: "="
        case .notEqual: "<>"
        case .greater: ">"
        case .greaterOrEqual: ">="
        case .less: "<"
        case .lessOrEqual: "<="
        }
    }
}
