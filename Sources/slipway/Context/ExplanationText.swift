import Contexts
import ResourceAPI
import TaskModel

/// Why a path is in a context or is not, as a sentence and as JSON.
struct ExplanationText {
    private let explanation: ContextExplanation
    private let ignoreFile: String?

    init(_ explanation: ContextExplanation, ignoreFile: String?) {
        self.explanation = explanation
        self.ignoreFile = ignoreFile
    }

    private var path: String {
        explanation.path.bytes.isEmpty ? "The root" : explanation.path.text.escapedForDisplay
    }

    // MARK: For people

    var sentence: String {
        switch explanation.verdict {
        case .included: "\(path) is in the context: \(reason)."
        case .parent:
            "\(path) is left out, but it travels as the folder of something in it that is brought back: \(reason)\(entered)."
        case .carried(let role):
            "\(path) travels although it is left out: it is \(name(of: role)). COPY does not see it. What leaves it out: \(reason)."
        case .excluded: "\(path) is left out: \(reason)." + opened
        case .missing(let link): missing(behind: link)
        }
    }

    private func name(of role: ContextExplanation.Role) -> String {
        switch role {
        case .dockerfile: "the Dockerfile"
        case .ignoreFile: "an ignore file"
        case .parent: "a folder of the Dockerfile or of an ignore file"
        }
    }

    private func missing(behind link: EntryPath?) -> String {
        if let link {
            let name = link.text.escapedForDisplay
            return "\(path) is not in the context: \(name) is a symbolic link, and it travels as a link. "
                + "What it leads to is not followed."
        }
        return "There is no \(path). If there were, it would be "
            + (explanation.decision.isExcluded ? "left out" : "in the context") + ": \(reason)."
    }

    /// What decided, as the end of a sentence.
    private var reason: String {
        let decision = explanation.decision
        switch decision.cause {
        case .noRule:
            return ignoreFile.map { "no rule of \($0.escapedForDisplay) matches it" } ?? "there is no ignore file"
        case .versionControl(let matched):
            return "version-control files are, unless the ignore file asks for them as '!.git/**' does\(below(matched))"
        case .requestCopy: return "it is a copy of the Dockerfile that was made for one request"
        case .rule(let rule, let matched):
            let what = matched == explanation.path ? "it" : "\(matched.text.escapedForDisplay)/ and all below it"
            return decision.isExcluded ? "\(name(of: rule)) matches \(what)" : "\(name(of: rule)) brings \(what) back"
        }
    }

    private func below(_ matched: EntryPath) -> String {
        matched == explanation.path ? "" : "; \(matched.text.escapedForDisplay) above it is one"
    }

    private func name(of rule: IgnoreDecision.Rule) -> String {
        guard let line = rule.line else { return "--include-git" }
        return "line \(line) of \((ignoreFile ?? "the rules").escapedForDisplay), '\(rule.text.escapedForDisplay)',"
    }

    private var entered: String {
        explanation.decision.enteredFor.map { "; \(name(of: $0)) may match below it" } ?? ""
    }

    private var opened: String {
        guard explanation.isDirectory else { return "" }
        guard let rule = explanation.decision.enteredFor else { return " The folder is not even opened." }
        return " The folder is looked into all the same, since \(name(of: rule)) may bring back something in it; "
            + "there is no such thing."
    }

    // MARK: For programs

    var json: JSONDocument {
        var fields: [String: JSONDocument] = [
            "path": JSONDocument(bytes: explanation.path.bytes), "ignore_file": ignoreFile.map { .text($0) } ?? .null,
        ]
        switch explanation.verdict {
        case .included: fields["verdict"] = .text("included")
        case .parent: fields["verdict"] = .text("parent")
        case .carried(let role):
            fields["verdict"] = .text("carried")
            fields["role"] =
                switch role {
                case .dockerfile: .text("dockerfile")
                case .ignoreFile: .text("ignore-file")
                case .parent: .text("parent")
                }
        case .excluded: fields["verdict"] = .text("excluded")
        case .missing(let link):
            fields["verdict"] = .text("missing")
            fields["link"] = link.map { JSONDocument(bytes: $0.bytes) }
        }
        fields["excluded"] = .flag(explanation.decision.isExcluded)
        switch explanation.decision.cause {
        case .noRule: fields["cause"] = .text("no-rule")
        case .requestCopy: fields["cause"] = .text("request-copy")
        case .versionControl(let matched):
            fields["cause"] = .text("version-control")
            fields["matched"] = JSONDocument(bytes: matched.bytes)
        case .rule(let rule, let matched):
            fields["cause"] = .text("rule")
            fields["line"] = rule.line.map { .integer(Int64($0)) } ?? .null
            fields["rule"] = .text(rule.text)
            fields["matched"] = JSONDocument(bytes: matched.bytes)
        }
        if let rule = explanation.decision.enteredFor {
            let line = rule.line.map { JSONDocument.integer(Int64($0)) } ?? .null
            fields["entered_for"] = .object(["line": line, "rule": .text(rule.text)])
        }
        return .object(fields)
    }
}
