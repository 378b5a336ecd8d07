import DockerEngine
import TestSupport
import Testing

@testable import BuildAgent

@Suite(.needsDaemon, .timeLimit(.minutes(10)))
struct IsolatedNetworkTests {
    /// With a kind of networks that nobody else has.
    private func withKind<Result>(_ use: (String, DockerClient) async throws -> Result) async throws -> Result {
        let kind = "isolated-test-\(UInt32.random(in: 0 ... .max))"
        let client = try DockerClient(endpoint: TestHost.endpoint)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await use(kind, client)) } catch { result = .failure(error) }
        for network in try await client.networks(labels: ["\(RunLabels.network)=\(kind)"]) {
            try await client.removeNetwork(network.id)
        }
        return try result.get()
    }

    @Test func `containers start in what agents make that begin at once on one daemon`() async throws {
        try await withKind { kind, client in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<6 {
                    let network = IsolatedNetwork(client: client, kind: kind)
                    for _ in 0..<2 { group.addTask { try await network.ensure() } }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }

            try await TestHost.withShell { shell in
                for id in ids {
                    var settings = ContainerSettings(image: shell)
                    settings.command = ["true"]
                    settings.network = id
                    let container = try await client.createContainer("\(kind)-\(id.prefix(8))", settings)
                    try await client.startContainer(container)
                    #expect(try await client.waitForContainer(container) == 0)
                    try await client.removeContainer(container)
                }
            }
            let again = try await IsolatedNetwork(client: client, kind: kind).ensure()
            #expect(ids.contains(again))
            #expect(try await IsolatedNetwork(client: client, kind: kind).ensure() == again)
        }
    }

    @Test func `two networks of one name, in which no container can start, are left alone`() async throws {
        try await withKind { kind, client in
            let body = #"{"Name": "slipway-\#(kind)", "Labels": {"\#(RunLabels.network)": "\#(kind)"}}"#
            // The client asks for a name that nobody has.
            let request = [
                "--fail", "--silent", "--unix-socket", client.socketPath, "--header", "Content-Type: application/json",
                "--data", body, "http://docker/networks/create",
            ]
            try await ChildProcess.run(["curl"] + request + ["--next"] + request)
            let present = try await client.networks(labels: ["\(RunLabels.network)=\(kind)"])
            #expect(present.count == 2)

            let network = try await IsolatedNetwork(client: client, kind: kind).ensure()

            #expect(!present.map(\.id).contains(network))
        }
    }
}
