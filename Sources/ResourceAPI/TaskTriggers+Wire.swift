import Foundation
import TaskModel

extension TaskTriggers {
    /// - Throws: ``InvalidRequest`` naming the field.
    init(_ wire: TriggerProperties) throws(InvalidRequest) {
        let field = "properties.trigger"
        var source: [SourceTriggerDefinition] = []
        for (index, trigger) in (wire.sourceTriggers ?? []).enumerated() {
            source.append(try SourceTriggerDefinition(trigger, field: "\(field).sourceTriggers[\(index)]"))
        }
        var timers: [TimerTriggerDefinition] = []
        for (index, trigger) in (wire.timerTriggers ?? []).enumerated() {
            timers.append(try TimerTriggerDefinition(trigger, field: "\(field).timerTriggers[\(index)]"))
        }
        try Self.checkUnique(source.map(\.name), field: "\(field).sourceTriggers")
        try Self.checkUnique(timers.map(\.name), field: "\(field).timerTriggers")
        self.init(
            source: source, timers: timers,
            baseImage: try wire.baseImageTrigger.map { (trigger) throws(InvalidRequest) in
                try BaseImageTriggerDefinition(trigger, field: "\(field).baseImageTrigger")
            })
    }

    private static func checkUnique(_ names: [String], field: String) throws(InvalidRequest) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name.lowercased()).inserted {
            throw InvalidRequest(
                code: "InvalidParameter", message: "Two triggers are called '\(name)'. Give each its own name.",
                target: field)
        }
    }

    fileprivate static func checkedName(_ name: String?, field: String) throws(InvalidRequest) -> String {
        guard let name, (1...100).contains(name.utf8.count), !RequestChecks.hasControlCharacters(name) else {
            throw InvalidRequest(
                code: "InvalidName", message: "A trigger needs a name of 1 to 100 characters.", target: field + ".name")
        }
        return name
    }
}

extension SourceTriggerDefinition {
    private static let events = ["commit", "pullrequest"]

    fileprivate init(_ wire: SourceTriggerProperties, field: String) throws(InvalidRequest) {
        let repository = wire.sourceRepository ?? SourceRepositoryProperties()
        guard
            let url = try RequestChecks.text(repository.repositoryUrl, field: "\(field).sourceRepository.repositoryUrl")
        else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "A source trigger needs the URL of a repository.",
                target: "\(field).sourceRepository.repositoryUrl")
        }
        let events = (wire.sourceTriggerEvents ?? []).map { $0.lowercased() }
        if let unknown = events.first(where: { !Self.events.contains($0) }) {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\(unknown.escapedForDisplay)' is no event: use commit or pullrequest.",
                target: "\(field).sourceTriggerEvents")
        }
        self.init(
            name: try TaskTriggers.checkedName(wire.name, field: field),
            isEnabled: try TaskDefinition.isEnabled(wire.status, field: "\(field).status"), events: events,
            sourceControlType: repository.sourceControlType ?? "Github", repositoryURL: url,
            branch: try RequestChecks.text(repository.branch, field: "\(field).sourceRepository.branch"),
            authorization: repository.sourceControlAuthProperties.flatMap { auth in
                // An empty one is none, as of the context: else a `PUT` could not remove it.
                auth.token.flatMap {
                    $0.value.isEmpty
                        ? nil
                        : SourceAuthorization(
                            tokenType: auth.tokenType ?? "PAT", token: $0, refreshToken: auth.refreshToken,
                            scope: auth.scope, expiresIn: auth.expiresIn)
                }
            }, filter: try wire.filter?.checked(field: "\(field).filter"))
    }
}

extension TimerTriggerDefinition {
    fileprivate init(_ wire: TimerTriggerProperties, field: String) throws(InvalidRequest) {
        let schedule = wire.schedule ?? ""
        do throws(InvalidName) {
            _ = try CronSchedule(schedule)
        } catch {
            throw InvalidRequest(
                code: "InvalidParameter", message: error.description, target: "\(field).schedule")
        }
        if let zone = wire.timeZone, TimeZone(identifier: zone) == nil {
            throw InvalidRequest(
                code: "InvalidParameter",
                message:
                    "'\(zone.escapedForDisplay)' is no time zone that this machine knows: use a name such as Europe/Berlin.",
                target: "\(field).timeZone")
        }
        self.init(
            name: try TaskTriggers.checkedName(wire.name, field: field),
            isEnabled: try TaskDefinition.isEnabled(wire.status, field: "\(field).status"), schedule: schedule,
            timeZone: wire.timeZone)
    }
}

extension BaseImageTriggerDefinition {
    fileprivate init(_ wire: BaseImageTriggerProperties, field: String) throws(InvalidRequest) {
        let type = wire.baseImageTriggerType ?? Kind.runtime.rawValue
        guard let kind = Kind.allCases.first(where: { $0.rawValue.lowercased() == type.lowercased() }) else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "'\(type.escapedForDisplay)' is no type of base image trigger: use All or Runtime.",
                target: "\(field).baseImageTriggerType")
        }
        self.init(
            name: try TaskTriggers.checkedName(wire.name, field: field),
            isEnabled: try TaskDefinition.isEnabled(wire.status, field: "\(field).status"), kind: kind,
            updateTriggerEndpoint: try RequestChecks.text(
                wire.updateTriggerEndpoint, field: "\(field).updateTriggerEndpoint"),
            updateTriggerPayloadType: wire.updateTriggerPayloadType)
    }
}

extension SourceFilter {
    private static let mostPatterns = 100
    private static let longestPattern = 1024

    /// - Throws: ``InvalidRequest`` naming the list with a pattern that can't be one.
    fileprivate func checked(field: String) throws(InvalidRequest) -> SourceFilter {
        for (name, patterns) in [("branches", branches), ("tags", tags), ("paths", paths)] {
            guard let patterns else { continue }
            guard patterns.count <= Self.mostPatterns,
                patterns.allSatisfy({
                    (1...Self.longestPattern).contains($0.utf8.count) && $0 != "!"
                        && !RequestChecks.hasControlCharacters($0)
                })
            else {
                throw InvalidRequest(
                    code: "InvalidParameter",
                    message:
                        "A list of patterns holds at most \(Self.mostPatterns), each of 1 to \(Self.longestPattern) bytes.",
                    target: "\(field).\(name)")
            }
        }
        return self
    }
}
