/// A `cmd` step whose line only a shell can carry out: it has pipes, variables, several commands and the like.
///
/// The line is what follows `docker run` in a script, which runs in a container with docker's client, the daemon's
/// socket, the workspace and the home: `docker run OPTIONS PROPERTIES LINE`.
public struct ShellCommand: Sendable, Hashable {
    /// What of it needs a shell.
    public let reason: String
    /// Of the containers in it; absolute, nil is the image's.
    public let workingDirectory: String?
    /// One of the file's networks: ``script(runOptions:)`` leaves it to the caller, who knows its name on the daemon. Nil
    /// if the step has none, or one that docker knows by the name that is written.
    public let network: String?

    private let text: String
    /// Words of the shell, in part made of what is written.
    private let properties: [String]

    /// - Parameter networks: the names of the task's networks.
    init(_ text: String, of step: TaskGraph.Step, networks: Set<String>, reason: String) {
        self.text = text
        self.reason = reason
        workingDirectory = ContainerCommand.folder(of: step)
        let network = step.network.flatMap { networks.contains($0) ? $0 : nil }
        self.network = network
        properties = ContainerCommand.properties(of: step).filter { option, value in
            option != "--network" || value != network
        }.flatMap { option, value in [option] + (value.map { [$0] } ?? []) }
    }

    /// What to give `sh -c`, with the workspace as the current folder.
    ///
    /// - Parameter runOptions: words for `docker run` that come before all others, so that the line may say otherwise.
    public func script(runOptions: [String]) -> String {
        (["docker", "run"] + runOptions.map(Self.quoted) + properties + [text]).joined(separator: " ")
    }

    /// In single quotes, as one word of a POSIX shell.
    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
