import ArgumentParser
import ResourceAPI
import TaskModel

struct HookCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a hook for a registry, and print what to give the registry.",
        discussion: """
            Give the registry the URL, and the secret for the header Authorization: 'Bearer SECRET' in the headers of an endpoint of \
            distribution's notifications, SECRET as the auth header of Harbor, 'Authorization: SECRET' as a custom header of Azure \
            Container Registry. Docker Hub sends no header: there the secret is a part of the URL. A hook that is there keeps its secret.
            """)

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var reference: HookReference

    @Option(help: "The kind of registry: distribution, harbor, acr or docker-hub.")
    var kind: String

    @Option(
        help:
            "The registry's host as tasks name its images; docker.io for Docker Hub, else the registry's login server.")
    var host: String?

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        guard RegistryEventKind(rawValue: kind.lowercased()) != nil else {
            throw ValidationError(
                "'\(kind)' is no kind of registry. Give "
                    + RegistryEventKind.allCases.map(\.rawValue).joined(separator: ", ") + ".")
        }
    }

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            try HookOutput(outputOptions).write(
                try await connection.client.putRegistryHook(
                    reference.name, PutRegistryHookRequest(kind: kind, host: host), in: connection.registry))
        }
    }
}
