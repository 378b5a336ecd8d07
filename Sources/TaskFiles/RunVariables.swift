public import Foundation
import TaskModel

/// What templates can ask about a run: `.Run.ID` and its like.
public struct RunVariables: Sendable, Hashable {
    public var id: String
    /// The full login server of the run's registry: `myregistry.example.com`.
    public var registry: String
    /// Start of the run.
    public var date: Date
    public var os: String
    public var osVersion: String
    public var architecture: String
    /// Empty for an upload without history, as all below unless the run knows them.
    public var commit: String
    public var branch: String
    public var gitTag: String
    public var repository: String
    public var triggeredBy: String
    public var taskName: String
    /// The name of the volume behind the workspace.
    public var sharedVolume: String

    public init(
        id: String, registry: String, date: Date, os: String = "linux", osVersion: String = "",
        architecture: String = "amd64",
        commit: String = "", branch: String = "", gitTag: String = "", repository: String = "",
        triggeredBy: String = "",
        taskName: String = "", sharedVolume: String = ""
    ) {
        self.id = id
        self.registry = registry
        self.date = date
        self.os = os
        self.osVersion = osVersion
        self.architecture = architecture
        self.commit = commit
        self.branch = branch
        self.gitTag = gitTag
        self.repository = repository
        self.triggeredBy = triggeredBy
        self.taskName = taskName
        self.sharedVolume = sharedVolume
    }

    /// ``registry`` up to its first dot.
    public var registryName: String { String(registry.prefix { $0 != "." }) }

    /// The names of `.Run.<name>`.
    static let names = [
        "ID", "Registry", "RegistryName", "Date", "OS", "OSVersion", "Architecture", "Commit", "Branch", "GitTag",
        "Repository", "TriggeredBy", "TaskName", "SharedVolume",
    ]

    /// The value of `.Run.<name>`; nil if there is no such variable.
    func value(of name: String) -> String? {
        switch name {
        case "ID": id
        case "Registry": registry
        case "RegistryName": registryName
        case "Date": dateText
        case "OS": os
        case "OSVersion": osVersion
        case "Architecture": architecture
        case "Commit": commit
        case "Branch": branch
        case "GitTag": gitTag
        case "Repository": repository
        case "TriggeredBy": triggeredBy
        case "TaskName": taskName
        case "SharedVolume": sharedVolume
        default: nil
        }
    }

    /// `yyyyMMdd-HHmmssz` in UTC, with the letter z at the end: `20240305-070809z`.
    private var dateText: String {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        func digits(_ number: Int?, _ count: Int) -> String {
            let text = String(number ?? 0)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(parts.year, 4) + digits(parts.month, 2) + digits(parts.day, 2) + "-" + digits(parts.hour, 2)
            + digits(parts.minute, 2) + digits(parts.second, 2) + "z"
    }
}
