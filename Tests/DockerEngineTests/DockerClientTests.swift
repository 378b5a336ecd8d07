import Contexts
import Foundation
import TaskModel
import Testing

@testable import DockerEngine

struct DockerClientTests {
    @Test(.needsDaemon) func `the daemon says what it is`() async throws {
        let client = try TestDaemon.client()

        let daemon = try await client.daemon()
        let version = try await client.version()
        let info = try await client.info()

        #expect(daemon.system == "linux")
        #expect(try #require(APIVersion(daemon.apiVersion)) >= .oldest)
        #expect(info.serverVersion == version.version)
        #expect(info.memory > 0 && info.processors > 0)
    }

    @Test(.needsDaemon) func `an image can be tagged, listed by its label and removed`() async throws {
        let client = try TestDaemon.client()
        let name = TestDaemon.uniqueName()
        let options = BuildOptions(tags: ["\(name):1"], labels: [BuildLabel(name: "test.name", value: name)])
        let input = TestDaemon.input("FROM scratch\nCOPY file /file\n", [InMemoryEntry(file: "file", bytes: [7])])
        let result = try await client.build(input, options: options) { _ in }

        try await client.tagImage("\(name):1", repository: "registry.example:5000/\(name)", tag: "2")

        let listed = try await client.images(labels: ["test.name=\(name)"])
        #expect(listed.map(\.id) == [result.imageID])
        #expect(Set(listed.flatMap(\.names)) == ["\(name):1", "registry.example:5000/\(name):2"])
        #expect(try await client.images(references: ["\(name):*"]).map(\.id) == [result.imageID])
        try await client.removeImage("\(name):1")
        try await client.removeImage("registry.example:5000/\(name):2", noPrune: true)
        #expect(try await client.images(labels: ["test.name=\(name)"]).isEmpty)
        try await client.removeImage("\(name):1")
    }

    @Test(.needsDaemon) func `an image that is not there is nil`() async throws {
        #expect(try await TestDaemon.client().inspectImage("no/such/image:here") == nil)
    }

    @Test(arguments: ["tcp://127.0.0.1:2375", "unix://relative", "", "unix:///" + String(repeating: "x", count: 120)])
    func `an endpoint that is no unix socket is refused`(endpoint: String) {
        #expect(throws: DockerError.invalidEndpoint(endpoint)) { try DockerClient(endpoint: endpoint) }
    }

    @Test func `a missing socket is named, with what to do`() async throws {
        let client = try DockerClient(endpoint: "unix:///nonexistent/docker.sock")

        let error = await #expect(throws: DockerError.self) { try await client.info() }

        #expect(error == .unreachable(endpoint: "unix:///nonexistent/docker.sock", reason: .socketMissing))
        #expect(error?.description.contains("Start the daemon") == true)
    }

    @Test func `a socket on which nobody listens is told from a missing one`() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/dead-\(UUID().uuidString).sock"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        withUnsafeBytes(of: address) {
            _ = bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
        }
        close(descriptor)
        defer { unlink(path) }

        await #expect(throws: DockerError.unreachable(endpoint: "unix://" + path, reason: .notListening)) {
            try await DockerClient(endpoint: "unix://" + path).ping(timeout: .seconds(5))
        }
    }
}
