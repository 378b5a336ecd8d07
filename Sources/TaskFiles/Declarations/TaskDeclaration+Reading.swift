import TaskModel

extension TaskDeclaration {
    /// Reads the declarations of a file, separated by `---`.
    public static func all(in text: String) throws(TaskDeclarationError) -> [TaskDeclaration] {
        // Where a part of the text is meant, it goes by lines.
        let text = text.replacing("\r\n", with: "\n")
        let nodes: [YAMLNode]
        do throws(TaskFileError) {
            nodes = try YAMLDocument.all(in: text)
        } catch {
            throw TaskDeclarationError(error)
        }
        var declarations: [TaskDeclaration] = []
        for node in nodes where !node.isNull { declarations.append(try TaskDeclaration(node, in: text)) }
        guard !declarations.isEmpty else { throw TaskDeclarationError(at: nil, "There is no task in it.") }
        return declarations
    }

    private static let imageKeys = ["dockerfile", "images", "push", "noCache", "target", "args", "secretArgs"]
    private static let fileKeys = ["taskFilePath", "valuesFile"]
    private static let stepsKeys = ["cmd", "steps", "taskFile"]
    private static let keys =
        ["name", "context", "token", "file"] + imageKeys + fileKeys + stepsKeys
        + [
            "systemTask", "values", "secretValues", "valuesText", "platform", "cpu", "timeout", "agentPool",
            "logTemplate", "queue",
            "status", "authMode", "authIdentity", "credentials", "identities", "tags", "triggers",
        ]

    private init(_ node: YAMLNode, in text: String) throws(TaskDeclarationError) {
        self.init()
        let map = try DeclarationMap(node, "A task", keys: Self.keys)
        place = map.place
        guard let name = try map.text("name"), !name.isEmpty else {
            throw TaskDeclarationError(at: place, "The task has no name. Write 'name: NAME'.")
        }
        guard name.utf8.count <= 50,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) })
        else {
            throw TaskDeclarationError(
                at: map["name"]?.place,
                "'\(name.escapedForDisplay)' is no name of a task: use 1 to 50 letters, digits, '-' and '_'.")
        }
        self.name = name
        context = try map.text("context")
        token = try map.secret("token")
        work = try Self.work(map, in: text)
        values = try map.named("values", areSecret: false)
        secretValues = try map.named("secretValues", areSecret: true)
        if case .image = work, let key = map.given(["values", "secretValues", "valuesText"]).first {
            throw TaskDeclarationError(
                at: map[key]?.place, "'\(key)' is for a task file. A Dockerfile has 'args' and 'secretArgs'.")
        }
        platform = try map.text("platform")
        cpu = try map.number("cpu")
        timeout = try map.number("timeout")
        agentPool = try map.text("agentPool")
        logTemplate = try map.text("logTemplate")
        status = try map.text("status")
        authMode = try map.text("authMode")
        authIdentity = try map.text("authIdentity")
        identities = try map.texts("identities") ?? []
        queue = try map["queue"].map { (node) throws(TaskDeclarationError) in try Queue(node) } ?? Queue()
        credentials = try Self.credentials(map)
        if let node = map["tags"] {
            for (name, value) in try DeclarationMap(node, "'tags'", keys: nil).all {
                tags.append((name, try DeclarationMap.text(value, "'\(name.escapedForDisplay)'")))
            }
        }
        triggers = try map["triggers"].map { (node) throws(TaskDeclarationError) in try Triggers(node) } ?? Triggers()
    }

    private static func work(_ map: DeclarationMap, in text: String) throws(TaskDeclarationError) -> Work {
        let image = map.given(imageKeys)
        let steps = map.given(stepsKeys)
        let file = try map.text("file")
        func refuse(_ key: String, beside other: String) -> TaskDeclarationError {
            TaskDeclarationError(at: map[key]?.place, "'\(key)' does not go with '\(other)'.")
        }
        if let first = steps.first {
            for key in Array(steps.dropFirst()) + image + map.given(["file"] + fileKeys) {
                throw refuse(key, beside: first)
            }
            let valuesText = try map.text("valuesText")
            switch first {
            case "cmd":
                if valuesText != nil { throw refuse("valuesText", beside: first) }
                return .command(try map.text("cmd") ?? "")
            case "steps": return .steps(text: try TopLevelText.steps(of: map, in: text), valuesText: valuesText)
            default: return .steps(text: try map.text("taskFile") ?? "", valuesText: valuesText)
            }
        }
        if map["valuesText"] != nil { throw refuse("valuesText", beside: "file") }
        let taskFile = try map.text("taskFilePath")
        if file != nil, taskFile != nil { throw refuse("taskFilePath", beside: "file") }
        if let file = taskFile ?? file, taskFile != nil || isTaskFile(file) {
            if let key = image.first {
                throw refuse(key, beside: taskFile == nil ? "file: \(file.escapedForDisplay)" : "taskFilePath")
            }
            return .file(path: file, valuesFile: try map.text("valuesFile"))
        }
        if file != nil, image.contains("dockerfile") { throw refuse("dockerfile", beside: "file") }
        if map["valuesFile"] != nil { throw refuse("valuesFile", beside: "a Dockerfile") }
        if try map.flag("systemTask") == true {
            guard let key = map.given(["file", "context"] + image).first else { return .none }
            throw refuse(key, beside: "systemTask")
        }
        guard map["context"] != nil else {
            throw TaskDeclarationError(
                at: map.place,
                "The task does nothing. Give it a context, or one of \(stepsKeys.joined(separator: ", ")).")
        }
        var result = Image()
        let dockerfile = try map.text("dockerfile")
        result.dockerfile = file ?? dockerfile
        result.names = try map.texts("images") ?? []
        result.push = try map.flag("push")
        result.noCache = try map.flag("noCache")
        result.target = try map.text("target")
        result.arguments = try map.named("args", areSecret: false)
        result.secretArguments = try map.named("secretArgs", areSecret: true)
        return .image(result)
    }

    /// File names that mean a task file, as the Azure CLI has them.
    public static func isTaskFile(_ name: String) -> Bool {
        let endings = [
            ".yaml", ".yml", ".toml", ".json", ".sh", ".bash", ".zsh", ".ps1", ".ps", ".cmd", ".bat", ".ts", ".js",
            ".php", ".py", ".rb", ".lua",
        ]
        return endings.contains { name.lowercased().hasSuffix($0) }
    }

    private static func credentials(_ map: DeclarationMap) throws(TaskDeclarationError) -> [(
        host: String, login: Login
    )] {
        guard let node = map["credentials"] else { return [] }
        var logins: [(host: String, login: Login)] = []
        for (host, node) in try DeclarationMap(node, "'credentials'", keys: nil).all {
            let fields = try DeclarationMap(
                node, "The login for '\(host.escapedForDisplay)'", keys: ["username", "password", "identity"])
            var login = Login()
            login.username = try fields.declared("username")
            login.password = try fields.secret("password")
            login.identity = try fields.text("identity")
            logins.append((host, login))
        }
        return logins
    }
}

extension TaskDeclaration.Queue {
    fileprivate init(_ node: YAMLNode) throws(TaskDeclarationError) {
        let map = try DeclarationMap(
            node, "'queue'", keys: ["priority", "concurrency", "supersede", "retryOnAgentLoss"])
        priority = try map.number("priority")
        concurrency = try map.number("concurrency")
        supersede = try map.flag("supersede")
        retryOnAgentLoss = try map.number("retryOnAgentLoss")
    }
}

extension TaskDeclaration.Triggers {
    fileprivate init(_ node: YAMLNode) throws(TaskDeclarationError) {
        let map = try DeclarationMap(node, "'triggers'", keys: ["commits", "pullRequests", "timers", "baseImages"])
        commits = try Self.source(map, "commits", keys: ["tags"])
        pullRequests = try Self.source(map, "pullRequests", keys: ["forks"])
        timers = try map.list("timers") { (node) throws(TaskDeclarationError) in try TaskDeclaration.Timer(node) }
        if let node = map["baseImages"] { baseImages = try TaskDeclaration.BaseImages(node) }
    }

    /// `true` is all defaults, `false` as nothing.
    private static func source(_ map: DeclarationMap, _ key: String, keys: [String]) throws(TaskDeclarationError)
        -> TaskDeclaration.Source?
    {
        guard let node = map[key] else { return nil }
        if case .bool(let isWanted) = node.scalar { return isWanted ? TaskDeclaration.Source() : nil }
        let map = try DeclarationMap(
            node, "'\(key)'",
            keys: [
                "branches", "paths", "contextFolderOnly", "ignoreSkipMarks", "reportStatus", "name", "enabled",
                "repository", "token",
            ] + keys)
        var source = TaskDeclaration.Source()
        source.name = try map.text("name")
        source.enabled = try map.flag("enabled") ?? true
        source.repository = try map.text("repository")
        source.token = try map.secret("token")
        source.branches = try map.texts("branches")
        source.tags = try map.texts("tags")
        source.paths = try map.texts("paths")
        source.contextFolderOnly = try map.flag("contextFolderOnly")
        source.ignoreSkipMarks = try map.flag("ignoreSkipMarks")
        source.reportStatus = try map.flag("reportStatus")
        source.forks = try map.text("forks")
        if let forks = source.forks, !SourceFilter.Forks.allCases.map(\.rawValue).contains(forks) {
            throw TaskDeclarationError(
                at: map["forks"]?.place, "'forks' must be none or restricted, not '\(forks.escapedForDisplay)'.")
        }
        return source
    }
}

extension TaskDeclaration.Timer {
    fileprivate init(_ node: YAMLNode) throws(TaskDeclarationError) {
        let map = try DeclarationMap(node, "A timer", keys: ["name", "schedule", "timeZone", "enabled"])
        guard let schedule = try map.text("schedule") else {
            throw TaskDeclarationError(at: map.place, "The timer has no schedule, such as '0 3 * * *'.")
        }
        do throws(InvalidName) {
            _ = try CronSchedule(schedule)
        } catch {
            throw TaskDeclarationError(at: map["schedule"]?.place, error.description)
        }
        self.schedule = schedule
        name = try map.text("name")
        timeZone = try map.text("timeZone")
        enabled = try map.flag("enabled") ?? true
    }
}

extension TaskDeclaration.BaseImages {
    /// `Runtime`, `All`, `false`, or a map with more.
    fileprivate init(_ node: YAMLNode) throws(TaskDeclarationError) {
        var kind: YAMLNode? = node
        if case .bool(let isWanted) = node.scalar {
            kind = nil
            type = isWanted ? type : nil
        } else if case .map = node.content {
            let map = try DeclarationMap(node, "'baseImages'", keys: ["type", "name", "enabled"])
            kind = map["type"]
            name = try map.text("name")
            enabled = try map.flag("enabled") ?? true
        }
        guard let kind else { return }
        let text = try DeclarationMap.text(kind, "'baseImages'")
        guard BaseImageTriggerDefinition.Kind.allCases.map(\.rawValue).contains(text) else {
            throw TaskDeclarationError(
                at: kind.place, "'baseImages' must be Runtime, All or false, not '\(text.escapedForDisplay)'.")
        }
        type = text
    }
}
