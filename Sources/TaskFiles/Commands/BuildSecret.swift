/// A secret of a build: `--secret id=…,src=…` or `…,env=…`.
public struct BuildSecret: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// A file in a container with the workspace and the step's volumes; absolute.
        case file(String)
        /// The value of a variable of the step.
        case value(String)
    }

    public let id: String
    public let source: Source

    /// - Parameters:
    ///   - environment: the variables of the step.
    ///   - resolve: makes a path absolute.
    init(
        _ text: String, environment: [String: String], resolve: (String) -> String
    ) throws(CommandProblem) {
        var id = ""
        var kind = ""
        var file: String?
        var variable: String?
        for field in text.split(separator: ",") {
            let (name, value) = CommandOptions.pair(String(field))
            switch name.lowercased() {
            case "id": id = value
            case "type": kind = value.lowercased()
            case "src", "source": file = value
            case "env": variable = value
            default: throw .unsupported("'\(field)' of --secret. id, type, src and env are")
            }
        }
        guard !id.isEmpty, ["", "file", "env"].contains(kind) else {
            throw .syntax("'--secret \(text)' must be id=ID,src=FILE or id=ID,env=NAME")
        }
        self.id = id
        // Without a source it is the variable of that name, else the file of that name.
        if kind == "env", variable == nil { variable = file ?? id }
        if kind != "file", variable == nil, file == nil, environment[id] != nil { variable = id }
        if let variable {
            guard let value = environment[variable] else {
                throw .syntax(
                    "the secret '\(id)' is the variable '\(variable)', and 'env' of the step has none of that name")
            }
            source = .value(value)
        } else {
            source = .file(resolve(file ?? id))
        }
    }
}
