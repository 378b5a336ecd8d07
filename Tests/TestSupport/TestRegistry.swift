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

    public enum Failure: Error {
        case didNotStart(String)
    }

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

        let (process, lines) = try start(configuration)
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        var seen = ""
        for await text in lines {
            seen += text
            guard let port = seen.firstMatch(of: /listening on 127\.0\.0\.1:(\d+)/)?.output.1 else { continue }
            return try await use(TestRegistry(host: "127.0.0.1:\(port)", credential: password ? login : nil))
        }
        throw Failure.didNotStart(seen)
    }

    private static func start(_ configuration: URL) throws -> (Process, AsyncStream<String>) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["serve", configuration.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let lines = AsyncStream<String> { continuation in
            output.fileHandleForReading.readabilityHandler = { handle in
                let data = handle.availableData
                guard !data.isEmpty else {
                    handle.readabilityHandler = nil
                    return continuation.finish()
                }
                continuation.yield(String(decoding: data, as: UTF8.self))
            }
        }
        try process.run()
        return (process, lines)
    }
}
