import Foundation
public import TaskModel

extension TaskFileRequest {
    static let defaultPath = "acb.yaml"
    /// Of a task file or a file of values that stands in a request.
    static let maxContentBytes = 1 << 20

    /// - Throws: ``InvalidRequest`` naming the field.
    public init(_ wire: FileTaskRunRequest) throws(InvalidRequest) {
        let path = try RequestChecks.path(wire.taskFilePath, of: "a task file", field: "taskFilePath")
        try self.init(
            .path(path ?? Self.defaultPath),
            valuesFile: try RequestChecks.path(wire.valuesFilePath, of: "a file of values", field: "valuesFilePath")
                .map { .path($0) },
            source: try RequestChecks.neededSource(wire.sourceLocation), wire)
    }

    /// - Throws: ``InvalidRequest`` naming the field.
    public init(_ wire: EncodedTaskRunRequest) throws(InvalidRequest) {
        guard let content = try Self.text(ofBase64: wire.encodedTaskContent, field: "encodedTaskContent") else {
            throw InvalidRequest(
                code: "InvalidParameter",
                message: "The request holds no task file: give it in base64 as encodedTaskContent.",
                target: "encodedTaskContent")
        }
        try self.init(
            .content(content),
            valuesFile: try Self.text(ofBase64: wire.encodedValuesContent, field: "encodedValuesContent")
                .map { .content($0) },
            source: try RequestChecks.source(wire.sourceLocation), wire)
    }

    private init(
        _ taskFile: TaskFileSource, valuesFile: TaskFileSource?, source: String?, _ wire: some TaskFileRunRequest
    ) throws(InvalidRequest) {
        let logins = try wire.credentials?.customLogins() ?? CustomLogins()
        self.init(
            taskFile: taskFile, valuesFile: valuesFile, values: try Self.checkedValues(wire.values ?? []),
            sourceLocation: source, appliesIgnoreFile: wire.appliesIgnoreFile ?? true,
            includeGit: wire.includeGit ?? false, platform: try RequestChecks.platform(wire.platform),
            cpu: try RequestChecks.cpu(wire.agentConfiguration), timeout: try RequestChecks.timeout(wire.timeout),
            agentPoolName: try RequestChecks.pool(wire.agentPoolName),
            logTemplate: try RequestChecks.text(wire.logTemplate, field: "logTemplate"),
            loginMode: try RequestChecks.loginMode(wire.credentials?.sourceRegistry?.loginMode),
            customCredentials: logins.credentials, vaultLogins: logins.inVault,
            queue: try (wire.queue ?? QueueProperties()).checked())
    }

    /// - Returns: nil for a missing or empty field.
    static func text(ofBase64 text: String?, field: String) throws(InvalidRequest) -> Secret? {
        guard let text, !text.isEmpty else { return nil }
        guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters),
            let content = String(bytes: data, encoding: .utf8), !content.utf8.contains(0)
        else {
            throw InvalidRequest(
                code: "InvalidParameter", message: "\(field) must be text (UTF-8) in base64.", target: field)
        }
        guard data.count <= maxContentBytes else {
            throw InvalidRequest(
                code: "TaskTooComplex", message: "\(field) has \(data.count) bytes; \(maxContentBytes) are allowed.",
                target: field)
        }
        return Secret(content)
    }

    static func checkedValues(_ values: [ArgumentProperties]) throws(InvalidRequest) -> [TaskValue] {
        var result: [TaskValue] = []
        for (index, value) in values.enumerated() {
            guard !value.name.isEmpty, value.name.utf8.count <= 255, !RequestChecks.hasControlCharacters(value.name)
            else {
                throw InvalidRequest(
                    code: "InvalidName",
                    message: "'\(value.name.escapedForDisplay)' is no name of a value: it must be 1 to 255 characters.",
                    target: "values[\(index)].name")
            }
            result.append(TaskValue(name: value.name, value: value.value ?? Secret(""), isSecret: value.isSecret))
        }
        return result
    }
}
