/// The ssh keys that steps of a build reach by one id: `--ssh ID=FILE[,FILE]`.
public struct BuildKeys: Sendable, Hashable {
    /// `default` where a Dockerfile names none.
    public let id: String
    /// In a container with the workspace and the step's volumes; absolute, one at least.
    public let files: [String]

    /// - Parameter resolve: makes a path absolute.
    init(_ text: String, resolve: (String) -> String) throws(CommandProblem) {
        let (id, paths) = CommandOptions.pair(text)
        let files = paths.split(separator: ",").map(String.init)
        guard !id.isEmpty, !id.contains(",") else { throw .syntax("'--ssh \(text)' must be ID=FILE") }
        guard !files.isEmpty else {
            throw .unsupported(
                "'--ssh \(text)' without a file: an ssh agent can't be reached from where the build runs. "
                    + "Name the private key, as a file of a volume with a secret: --ssh \(id)=FILE")
        }
        self.id = id
        self.files = files.map(resolve)
    }
}
