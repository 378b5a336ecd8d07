import Foundation
import ResourceAPI
import TaskFiles
import TaskModel

/// A task written as a declaration, which makes the same task when it is applied. What has its default is left out, and so are secrets: in
/// their place stand variables of the environment.
struct DeclarationText {
    /// The variables that must be set when it is applied, in the order of the text.
    private(set) var variables: [String] = []
    /// Variables that other tasks of the same file have.
    private let taken: Set<String>
    /// In the names of variables, since files of several tasks are applied in one environment.
    private let taskName: String
    private var hasMoreTriggers = false
    private var entries: [(key: String, value: YAMLText)] = []

    /// - Parameters:
    ///   - details: the task with its secrets, as far as they may be seen: they tell what there is.
    ///   - taken: the ``variables`` of other tasks that are written to the same file: none stands for two secrets.
    init(_ task: TaskResource, details: TaskResource, taken: Set<String> = []) {
        self.taken = taken
        taskName = task.name ?? ""
        let properties = task.properties ?? TaskProperties()
        add("name", task.name)
        if properties.status == "Disabled" { add("status", properties.status) }
        if properties.isSystemTask == true { entries.append(("systemTask", .flag(true))) }
        let context = properties.step?.contextPath
        let sources = properties.trigger?.sourceTriggers ?? []
        add("context", context)
        let secrets = details.properties ?? TaskProperties()
        let known = secrets.trigger?.sourceTriggers ?? []
        // One that a trigger alone has is the task's own only where both fetch from one place.
        let token =
            secrets.step?.contextAccessToken ?? known.first { $0.sourceRepository?.repositoryUrl == context }?.token
        if token != nil { entries.append(("token", variable("GIT_TOKEN"))) }
        let written = Self.events.compactMap { event in sources.first { $0.has(event.name) } }
        hasMoreTriggers = !sources.allSatisfy(written.contains)
        if let step = properties.step { add(step) }
        if let platform = properties.platform {
            let text = [platform.os?.lowercased(), platform.architecture, platform.variant].compactMap(\.self)
                .joined(separator: "/")
            if text != "\(Platform.linuxAMD64)" { add("platform", text) }
        }
        if let cpu = properties.agentConfiguration?.cpu, cpu != AgentConfiguration.standardCPU {
            entries.append(("cpu", .number(cpu)))
        }
        if let timeout = properties.timeout, timeout != TaskDefinition.standardTimeoutSeconds {
            entries.append(("timeout", .number(timeout)))
        }
        add("agentPool", properties.agentPoolName)
        add("logTemplate", properties.logTemplate)
        add("queue", Self.queue(properties.queue))
        add("authMode", properties.credentials?.sourceRegistry?.loginMode)
        add("authIdentity", properties.credentials?.sourceRegistry?.identity)
        add(secrets.credentials?.customRegistries ?? [:])
        let system = task.identity?.type?.lowercased().contains("systemassigned") == true
        let users = task.identity?.userAssignedIdentities?.keys.sorted() ?? []
        add("identities", texts: (system ? [IdentityProperties.system] : []) + users)
        add("tags", (task.tags ?? [:]).sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })
        add("triggers", triggers(properties, context: context, known: known, token: token))
    }

    var text: String {
        let comment =
            variables.isEmpty
            ? "" : "# Before this is applied, set in the environment: \(variables.joined(separator: ", "))\n"
        let warning =
            hasMoreTriggers
            ? "# It has more source triggers than one for each event: applying this removes the others.\n" : ""
        return comment + warning + YAMLText.map(entries).document
    }

    // MARK: The step

    private mutating func add(_ step: TaskStepProperties) {
        switch step.kind {
        case .docker?:
            let path = step.dockerFilePath ?? "Dockerfile"
            add(TaskDeclaration.isTaskFile(path) ? "dockerfile" : "file", path)
            add("images", texts: step.imageNames ?? [])
            if (step.isPushEnabled ?? true) != (step.imageNames?.isEmpty == false) {
                entries.append(("push", .flag(step.isPushEnabled ?? true)))
            }
            if step.noCache == true { entries.append(("noCache", .flag(true))) }
            add("target", step.target)
            add("args", "secretArgs", step.arguments ?? [])
        case .file?:
            add(step.taskFilePath.map(TaskDeclaration.isTaskFile) == false ? "taskFilePath" : "file", step.taskFilePath)
            add("valuesFile", step.valuesFilePath)
            add("values", "secretValues", step.values ?? [])
        case .encoded?:
            add("taskFile", step.encodedTaskContent.flatMap(Self.text(ofBase64:)))
            add("valuesText", step.encodedValuesContent.flatMap(Self.text(ofBase64:)))
            add("values", "secretValues", step.values ?? [])
        case nil: break
        }
    }

    private mutating func add(_ plain: String, _ secret: String, _ arguments: [ArgumentProperties]) {
        add(plain, arguments.filter { !$0.isSecret }.map { ($0.name, .text($0.value?.value ?? "")) })
        add(secret, arguments.filter(\.isSecret).map { ($0.name, variable($0.name)) })
    }

    private static func text(ofBase64 text: String) -> String? {
        Data(base64Encoded: text).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: The rest

    private static func queue(_ queue: QueueProperties?) -> [(key: String, value: YAMLText)] {
        [
            ("priority", queue?.priority.map { .number($0) }), ("concurrency", queue?.concurrency.map { .number($0) }),
            ("supersede", queue?.supersedes.map { .flag($0) }),
            ("retryOnAgentLoss", queue?.retryOnAgentLoss.map { .number($0) }),
        ].compactMap { key, value in value.map { (key, $0) } }
    }

    private mutating func add(_ registries: [String: CredentialsProperties.CustomRegistry]) {
        var logins: [(key: String, value: YAMLText)] = []
        for (host, login) in registries.sorted(by: { $0.key < $1.key }) {
            var fields: [(key: String, value: YAMLText)] = []
            for (key, secret) in [("username", login.userName), ("password", login.password)] {
                guard let secret else { continue }
                if secret.isVaultSecret, let url = secret.value {
                    fields.append((key, .place("vault", url.value)))
                } else {
                    fields.append((key, variable("\(host)_\(key)")))
                }
            }
            if let identity = login.identity { fields.append(("identity", .text(identity))) }
            logins.append((host, .map(fields)))
        }
        add("credentials", logins)
    }

    private static let events = [(key: "commits", name: "commit"), (key: "pullRequests", name: "pullrequest")]

    /// - Parameters:
    ///   - known: the source triggers with their tokens.
    ///   - token: that of the task, which triggers without one of their own have too.
    private mutating func triggers(
        _ task: TaskProperties, context: String?, known: [SourceTriggerProperties], token: Secret?
    ) -> [(key: String, value: YAMLText)] {
        var result: [(key: String, value: YAMLText)] = []
        let sources = task.trigger?.sourceTriggers ?? []
        let commits = sources.first { $0.has("commit") }
        // Both events of one trigger must read alike, or they are two when this is applied.
        var tokens: [String?: YAMLText] = [:]
        for (key, event) in Self.events {
            guard let trigger = sources.first(where: { $0.has(event) }) else { continue }
            let isOfItsOwn = event != "commit" && commits != nil && commits != trigger
            var fields = Self.source(
                trigger, event: event, context: context,
                standardName: isOfItsOwn ? StandardTriggerName.pullRequests : StandardTriggerName.source)
            let own = known.first { $0.name == trigger.name }?.token
            if let own, own != token {
                let variable = tokens[trigger.name] ?? variable("GIT_TOKEN_\(key)")
                tokens[trigger.name] = variable
                fields.append(("token", variable))
            }
            result.append((key, fields.isEmpty ? .flag(true) : .map(fields)))
        }
        let timers = task.trigger?.timerTriggers ?? []
        if !timers.isEmpty { result.append(("timers", .list(timers.map(Self.timer)))) }
        if let images = task.trigger?.baseImageTrigger {
            let type = images.baseImageTriggerType ?? "Runtime"
            var fields: [(key: String, value: YAMLText)] = []
            if let name = images.name, name != StandardTriggerName.baseImage { fields.append(("name", .text(name))) }
            if images.status == "Disabled" { fields.append(("enabled", .flag(false))) }
            if !fields.isEmpty {
                result.append(("baseImages", .map([("type", .text(type))] + fields)))
            } else if type != "Runtime" {
                result.append(("baseImages", .text(type)))
            }
        } else if task.step != nil {
            result.append(("baseImages", .flag(false)))
        }
        return result
    }

    private static func source(
        _ trigger: SourceTriggerProperties, event: String, context: String?, standardName: String
    ) -> [(key: String, value: YAMLText)] {
        let filter = trigger.filter ?? SourceFilter()
        var fields: [(key: String, value: YAMLText)] = []
        func add(_ key: String, _ texts: [String]?) {
            if let texts { fields.append((key, .list(texts.map { .text($0) }))) }
        }
        func add(_ key: String, _ flag: Bool?) {
            if let flag { fields.append((key, .flag(flag))) }
        }
        if let name = trigger.name, name != standardName { fields.append(("name", .text(name))) }
        if trigger.status == "Disabled" { fields.append(("enabled", .flag(false))) }
        if let location = trigger.sourceRepository?.location(beside: context), location != context {
            fields.append(("repository", .text(location)))
        }
        add("branches", filter.branches)
        if event == "commit" { add("tags", filter.tags) }
        add("paths", filter.paths)
        add("contextFolderOnly", filter.onlyContextFolder)
        add("ignoreSkipMarks", filter.ignoresSkipMarks)
        add("reportStatus", filter.reportsStatus)
        if event != "commit", let forks = filter.forks { fields.append(("forks", .text(forks.rawValue))) }
        return fields
    }

    private static func timer(_ timer: TimerTriggerProperties) -> YAMLText {
        var fields: [(key: String, value: YAMLText)] = [
            ("name", .text(timer.name ?? "")), ("schedule", .text(timer.schedule ?? "")),
        ]
        if let zone = timer.timeZone { fields.append(("timeZone", .text(zone))) }
        if timer.status == "Disabled" { fields.append(("enabled", .flag(false))) }
        return .map(fields)
    }

    // MARK: Entries

    private mutating func add(_ key: String, _ text: String?) {
        if let text, !text.isEmpty { entries.append((key, .text(text))) }
    }

    private mutating func add(_ key: String, texts: [String]) {
        if !texts.isEmpty { entries.append((key, .list(texts.map { .text($0) }))) }
    }

    private mutating func add(_ key: String, _ members: [(key: String, value: YAMLText)]) {
        if !members.isEmpty { entries.append((key, .map(members))) }
    }

    /// - Parameter name: of the secret, of which a name for the environment is made.
    private mutating func variable(_ name: String) -> YAMLText {
        let plain = String(
            "\(name)_\(taskName)".uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        // Shells have no variable that begins with a digit.
        let first = plain.first?.isNumber == true ? "SECRET_" + plain : plain
        var unique = first
        var number = 1
        while taken.contains(unique) || variables.contains(unique) {
            number += 1
            unique = "\(first)_\(number)"
        }
        variables.append(unique)
        return .place("env", unique)
    }
}

extension SourceTriggerProperties {
    fileprivate func has(_ event: String) -> Bool { sourceTriggerEvents?.contains(event) == true }

    fileprivate var token: Secret? { sourceRepository?.sourceControlAuthProperties?.token }
}

extension SourceRepositoryProperties {
    /// The repository's URL with the branch that is watched, which may be another than the URL names.
    ///
    /// - Parameter context: that of the task: where it names no branch, `master` is none either.
    fileprivate func location(beside context: String?) -> String? {
        guard let url = repositoryUrl else { return nil }
        let isMasterNamed = context.flatMap(Self.branch(of:)) != nil
        func named(_ branch: String?) -> String? {
            branch?.isEmpty == true || (branch == "master" && !isMasterNamed) ? nil : branch
        }
        let watched = named(branch)
        if named(Self.branch(of: url)) == watched { return url }
        return url.prefix { $0 != "#" } + (watched.map { "#" + $0 } ?? "")
    }
}
