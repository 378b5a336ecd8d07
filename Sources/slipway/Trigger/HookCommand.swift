import ArgumentParser
import ResourceAPI
import TaskModel

struct HookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hook", abstract: "Let registries tell at once which images were pushed.",
        discussion: """
            Tasks run when an image that they stand on changes. Registries are asked for that from time to time; one that calls a hook \
            is asked at once. Hooks of git servers are made with the tasks.
            """,
        subcommands: [HookCreate.self, HookList.self, HookShow.self, HookDelete.self],
        defaultSubcommand: HookList.self, aliases: ["hooks"])
}

/// Which hook.
struct HookReference: ParsableArguments {
    @Option(name: [.customShort("n"), .long], help: "The hook's name.")
    var name: String

    func validate() throws {
        // Anything else would be another path of the API.
        guard name.isPathSegment else { throw ValidationError("'\(name)' is no name of a hook.") }
    }
}

/// Writes hooks, a row each.
struct HookOutput {
    private let output: Output

    init(_ options: OutputOptions) {
        output = Output(options)
    }

    func write(_ hooks: [RegistryHookResource]) throws {
        try output.write(
            columns: ["NAME", "KIND", "HOST", "LAST DELIVERY", "URL"],
            rows: hooks.map {
                [$0.name, $0.kind, $0.host, $0.lastDeliveryTime?.shortDescription ?? "", $0.url]
            }, json: try JSONDocument(of: hooks))
    }

    /// With the secret, if it is there.
    func write(_ hook: RegistryHookResource) throws {
        try output.write(
            columns: ["NAME", "KIND", "HOST", "URL", "SECRET"],
            rows: [[hook.name, hook.kind, hook.host, hook.url, hook.secret?.value ?? ""]],
            json: try JSONDocument(of: hook))
    }
}
