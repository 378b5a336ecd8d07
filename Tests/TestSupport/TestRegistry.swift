import Foundation
public import TaskModel

/// A real registry (`docker-registry`) on loopback, for the time of a test.
public struct TestRegistry: Sendable {
    /// `127.0.0.1:PORT`.
    public let host: String
    /// What logs in there; nil where nobody has to.
    public let credential: Credential?

    private static let program = "/usr/bin/docker-registry"
    public static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// The login that registries with a password accept.
    public static let login = Credential(username: "slipway", password: Secret("pass word/1+"))
    private static let bcrypt = "$2y$05$/u0zQI53jCgcHt01UoJerOi14MDyJJmIewZvqdAOVlSXncoR2FrOC"

    /// Runs `use` while a registry runs.
    public static func with<Result>(password: Bool = false, _ use: (TestRegistry) async throws -> Result) async throws
        -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "slipway-registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // what is left there does no harm
        try Data("\(login.username):\(bcrypt)\n".utf8).write(to: folder.appendingPathComponent("htpasswd"))
        let configuration = folder.appendingPathComponent("config.yml")
        let access = password ? "auth:\n  htpasswd:\n    realm: test\n    path: \(folder.path)/htpasswd\n" : ""
        try Data(
            """
            version: 0.1
            storage:
              filesystem:
                rootdirectory: \(folder.path)/data
              delete:
                enabled: true
            http:
              addr: 127.0.0.1:0
            \(access)
            """.utf8
        ).write(to: configuration)

        let server = try ChildProcess(
            [program, "serve", configuration.path], errors: .withOutput, limit: .seconds(600))
        defer { server.stop() }
        let port = try await server.wait { printed in
            printed.output.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/).map { String($0.output.1) }
        }
        return try await use(TestRegistry(host: "127.0.0.1:\(port)", credential: password ? login : nil))
    }
}
