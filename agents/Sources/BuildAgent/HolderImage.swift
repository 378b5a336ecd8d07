import Contexts
import CurlHTTP
import DockerEngine

/// An image with nothing in it, for containers that only hold volumes: through one that never runs, files go into
/// volumes and come back. Kept on the daemon; it takes no room.
actor HolderImage {
    static let name = "slipway-holder:1"

    private let client: DockerClient
    private var making: Task<Void, any Error>?

    init(client: DockerClient) {
        self.client = client
    }

    /// Makes the image unless it is there. Of several that ask at once only one makes it.
    func ensure() async throws {
        let task =
            making
            ?? Task { [client] in
                guard try await client.inspectImage(Self.name) == nil else { return }
                let pipe = BytePipe()
                let entry = ContextEntry(path: EntryPath("workspace"), kind: .directory, mode: 0o755, modified: 0)
                async let packed: Void = ContextPacker.packInBackground(
                    InMemoryWalk([InMemoryEntry(entry)]), into: pipe)
                var archive: [UInt8] = []
                while let bytes = try await pipe.read() { archive += bytes }
                try await packed
                try await client.importImage(archive, repository: "slipway-holder", tag: "1")
            }
        making = task
        defer { making = nil }
        try await task.value
    }
}
