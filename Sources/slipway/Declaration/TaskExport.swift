import ArgumentParser
import ResourceAPI

struct TaskExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write tasks as YAML that 'slipway task apply' takes.",
        discussion: """
            Without names all tasks are written. Secrets are not: in their place stand variables of the environment, which the first line \
            of each task names, each for one secret of one task. A context whose URL holds a login is written without it.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The tasks' names. Default: all of them.")
    var names: [String] = []

    @Option(name: [.customShort("n"), .long], help: "A task's name, as other commands take it.")
    var name: String?

    func validate() throws {
        // Anything else would be another path of the API.
        if let name = (names + [name].compactMap(\.self)).first(where: { !$0.isPathSegment }) {
            throw ValidationError("'\(name)' is no name of a task.")
        }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            var names = names + [name].compactMap(\.self)
            if names.isEmpty {
                names = try await connection.client.tasks(in: connection.registry).compactMap(\.name)
            }
            var declarations: [DeclarationText] = []
            for name in names {
                let id = connection.registry.child("tasks", name)
                declarations.append(
                    DeclarationText(
                        try await connection.client.task(id),
                        details: try await connection.client.task(id, revealing: true),
                        taken: Set(declarations.flatMap(\.variables))))
            }
            Terminal.write(Array(declarations.map(\.text).joined(separator: "---\n").utf8), to: 1)
        }
    }
}
