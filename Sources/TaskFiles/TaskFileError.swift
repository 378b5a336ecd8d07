/// Why a task file can't be carried out, and where in it.
public struct TaskFileError: Error, Equatable {
    public let code: Code
    /// In the file as written; nil when it is about the whole, or in text that a template made.
    public let place: TextPlace?
    public let reason: String

    public init(_ code: Code, at place: TextPlace? = nil, _ reason: String) {
        self.code = code
        self.place = place
        self.reason = reason
    }

    /// Which part of loading found it.
    public enum Stage: String, Sendable {
        case alias, template, yaml, task, graph
        /// Reading the commands of steps. Other implementations find these only when a step starts.
        case command
    }

    /// The words for programs.
    public enum Code: String, Sendable, CaseIterable {
        case aliasName = "alias-name"
        case aliasDirective = "alias-directive"
        case aliasSource = "alias-source"
        case templateSyntax = "template-syntax"
        case templateEvaluation = "template-evaluation"
        case templateUnsupported = "template-unsupported"
        case yamlSyntax = "yaml-syntax"
        case typeMismatch = "type-mismatch"
        case tooComplex = "too-complex"
        case versionUnknown = "version-unknown"
        case envFormat = "env-format"
        case secretID = "secret-id"
        case secretDuplicate = "secret-duplicate"
        case secretSource = "secret-source"
        case secretIdentity = "secret-identity"
        case secretFetch = "secret-fetch"
        case volumeName = "volume-name"
        case volumeDuplicate = "volume-duplicate"
        case volumeSource = "volume-source"
        case volumeFileName = "volume-file-name"
        case mountUnknownVolume = "mount-unknown-volume"
        case mountIncomplete = "mount-incomplete"
        case mountDuplicatePath = "mount-duplicate-path"
        case mountOnPush = "mount-on-push"
        case stepIDSpace = "step-id-space"
        case stepIDDuplicate = "step-id-duplicate"
        case stepIDReserved = "step-id-reserved"
        case stepNoAction = "step-no-action"
        case stepManyActions = "step-many-actions"
        case retriesNegative = "retries-negative"
        case repeatNegative = "repeat-negative"
        case cacheValue = "cache-value"
        case whenDashNotAlone = "when-dash-not-alone"
        case whenSelf = "when-self"
        case whenUnknownStep = "when-unknown-step"
        /// A command that no shell takes.
        case commandSyntax = "command-syntax"
        /// Something that commands can do, but not yet here.
        case commandUnsupported = "command-unsupported"
        /// Something that the agent pool's policy denies.
        case policyDenied = "policy-denied"

        public var stage: Stage {
            switch self {
            case .aliasName, .aliasDirective, .aliasSource: .alias
            case .templateSyntax, .templateEvaluation, .templateUnsupported: .template
            case .yamlSyntax, .typeMismatch, .tooComplex: .yaml
            case .versionUnknown, .envFormat, .secretID, .secretDuplicate, .secretSource,
                .secretIdentity, .secretFetch, .volumeName, .volumeDuplicate, .volumeSource, .volumeFileName,
                .mountUnknownVolume:
                .task
            case .mountIncomplete, .mountDuplicatePath, .mountOnPush, .stepIDSpace, .stepIDDuplicate, .stepIDReserved,
                .stepNoAction, .stepManyActions, .retriesNegative, .repeatNegative, .cacheValue, .whenDashNotAlone,
                .whenSelf, .whenUnknownStep:
                .graph
            case .commandSyntax, .commandUnsupported, .policyDenied: .command
            }
        }
    }
}

extension TaskFileError: CustomStringConvertible {
    public var description: String {
        let position = place.map { "line \($0.line), column \($0.column): " } ?? ""
        return "The task file can't be carried out: \(position)\(reason) [\(code.rawValue)]"
    }
}

/// A place in a text, both numbers from 1.
public struct TextPlace: Sendable, Hashable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}
