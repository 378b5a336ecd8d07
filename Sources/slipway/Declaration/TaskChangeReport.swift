import Contexts
import Foundation
import ResourceAPI
import TaskModel

/// What writing a task would change.
struct TaskChangeReport {
    enum Result: String {
        case created, changed, unchanged
    }

    /// A value that is another, was not there, or is no more. Both are JSON.
    struct Change: Equatable {
        /// As in `step.imageNames[0]`, below `properties` or beside it.
        let path: String
        let old: String?
        let new: String?
    }

    let name: String
    let result: Result
    /// By path. Secrets are not in it.
    let changes: [Change]
    /// Whether secrets are others, or nobody can tell since they may not be seen.
    let changesSecrets: Bool

    /// - Parameters:
    ///   - task: what is to be sent.
    ///   - shown: the task as it is, without its secrets; nil if there is none.
    ///   - details: with them, as far as they may be seen.
    /// - Throws: ``InvalidRequest`` for what the server would refuse.
    init(
        _ task: TaskResource, named name: String, shown: TaskResource?, details: TaskResource?, in registry: ResourceID
    )
        throws
    {
        let whole = TaskChange.replacing(details, with: task)
        let definition = try TaskDefinition(
            whole, name: name, registry: registry.registry, known: nil,
            by: TaskDefinition.Authorship(by: "", at: Date(timeIntervalSince1970: 0)), makeID: { "" })
        func written(revealing: Bool) throws -> JSONDocument {
            try TaskResource(
                definition, in: registry, location: "", tenant: "", revealing: revealing,
                // What can't be read is not shown: a secret may be anywhere in it.
                shownSource: { (try? ContextLocation($0))?.redacted ?? "***" }
            ).description
        }
        self.name = name
        let old = try shown?.description.values ?? [:]
        let new = try written(revealing: false).values
        changes = Set(old.keys).union(new.keys).sorted().compactMap { path in
            old[path] == new[path] ? nil : Change(path: path, old: old[path], new: new[path])
        }
        if shown == nil {
            (result, changesSecrets) = (.created, false)
        } else {
            changesSecrets = try details?.description.values != written(revealing: true).values && changes.isEmpty
            result = changes.isEmpty && !changesSecrets ? .unchanged : .changed
        }
    }

    var lines: [String] {
        changes.flatMap { change in
            [change.old.map { "  - \(change.path): \($0)" }, change.new.map { "  + \(change.path): \($0)" }]
                .compactMap(\.self)
        } + (changesSecrets ? ["  ~ secrets"] : [])
    }

    var json: JSONDocument {
        .object([
            "name": .text(name), "result": .text(result.rawValue), "changesSecrets": .flag(changesSecrets),
            "changes": .list(
                changes.map {
                    .object([
                        "path": .text($0.path), "old": $0.old.map { .text($0) } ?? .null,
                        "new": $0.new.map { .text($0) } ?? .null,
                    ])
                }),
        ])
    }
}

extension TaskResource {
    /// What people say of it, without what the server adds.
    fileprivate var description: JSONDocument {
        get throws {
            var task = self
            (task.id, task.name, task.type, task.location, task.systemData) = (nil, nil, nil, nil, nil)
            if task.tags?.isEmpty == true { task.tags = nil }
            if var identity = task.identity {
                (identity.principalId, identity.tenantId) = (nil, nil)
                identity.userAssignedIdentities = identity.userAssignedIdentities?.mapValues { _ in
                    IdentityProperties.UserIdentity()
                }
                task.identity = identity
            }
            task.properties?.provisioningState = nil
            task.properties?.creationDate = nil
            task.properties?.triggerState = nil
            return try JSONDocument(flattening: task)
        }
    }
}

extension JSONDocument {
    /// The JSON of each value that has no more inside, by path. Items of lists go by their name, or by their number.
    fileprivate var values: [String: String] {
        var result: [String: String] = [:]
        collect(at: "", into: &result)
        return result
    }

    private func collect(at path: String, into result: inout [String: String]) {
        switch self {
        case .object(let members) where !members.isEmpty:
            for (key, value) in members { value.collect(at: path.isEmpty ? key : "\(path).\(key)", into: &result) }
        case .list(let items) where !items.isEmpty:
            for (index, item) in items.enumerated() {
                let name = if case .text(let name)? = item["name"] { name } else { "\(index)" }
                item.collect(at: "\(path)[\(name)]", into: &result)
            }
        default: result[path] = text()
        }
    }
}
