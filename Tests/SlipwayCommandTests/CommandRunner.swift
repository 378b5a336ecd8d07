import Foundation
import TestSupport

/// Runs the built command against a stub, as a user of this machine without a login.
struct CommandRunner {
    struct Result {
        let code: Int32
        let output: String
        let errors: String
    }

    let folder: URL
    let program = Bundle.main.bundleURL.appending(path: "slipway").path
    private let settings: URL
    private let server: String
    private let secret: String

    /// Makes a folder for one test; ``remove()`` takes it away again.
    init(_ server: LoopbackServer, secret: String = ResourceAPIStub.secret) throws {
        self.server = server.url
        self.secret = secret
        folder = FileManager.default.temporaryDirectory.appending(path: "slipway-command-\(UUID().uuidString)")
        settings = folder.appending(path: "settings")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(#"{"server":"\#(server.url)","clientId":"me","clientSecret":"\#(secret)"}"#.utf8)
            .write(to: folder.appending(path: "local.json"))
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)  // a folder that stays is cleaned up with the temporary ones
    }

    func write(_ text: String, to path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// - Parameters:
    ///   - input: what is on standard input; it must fit into a pipe.
    ///   - inputFile: a file for standard input instead.
    ///   - whileRunning: is handed the program once it runs.
    func run(
        _ arguments: [String], input: String = "", inputFile: URL? = nil, environment: [String: String] = [:],
        isLocal: Bool = true, whileRunning: (ChildProcess) async throws -> Void = { _ in }
    ) async throws -> Result {
        let child = try start(
            arguments, environment: environment, isLocal: isLocal,
            input: inputFile.map { .file($0.path) } ?? .text(input))
        defer { child.stop() }
        try await whileRunning(child)
        let ending = try await child.ended()
        return Result(code: ending.code, output: ending.output, errors: ending.errors)
    }

    /// As `run`, with standard input and standard error on a terminal.
    ///
    /// - Returns: the exit code, and what stood on the terminal.
    func runOnTerminal(
        _ arguments: String..., whileRunning: (ChildProcess, Terminal) async throws -> Void
    ) async throws -> (code: Int32, screen: String) {
        let terminal = try Terminal()
        let slave = try terminal.openSlave()
        let child = try start(
            arguments, input: .descriptor(slave.fileDescriptor), errors: .descriptor(slave.fileDescriptor))
        defer { child.stop() }
        // Its end is that of the screen: the command has it open alone.
        try slave.close()
        try await whileRunning(child, terminal)
        let screen = await terminal.wait { _ in false }
        return (try await child.ended().code, screen)
    }

    private func start(
        _ arguments: [String], environment: [String: String] = [:], isLocal: Bool = true, input: ChildProcess.Input,
        errors: ChildProcess.Errors = .apart
    ) throws -> ChildProcess {
        let variables = ["PATH": "/usr/bin:/bin", "SLIPWAY_CONFIG_DIR": settings.path]
            .merging(isLocal ? ["SLIPWAY_LOCAL": folder.appending(path: "local.json").path] : [:]) { $1 }
            .merging(environment) { $1 }
        return try ChildProcess(
            [program] + arguments, environment: variables, folder: folder.path, input: input, errors: errors)
    }

    func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:], isLocal: Bool = true,
        whileRunning: (ChildProcess) async throws -> Void = { _ in }
    ) async throws -> Result {
        try await run(arguments, input: input, environment: environment, isLocal: isLocal, whileRunning: whileRunning)
    }

    /// Runs `use` with a stub, its server and a runner.
    static func with(
        _ stub: ResourceAPIStub = ResourceAPIStub(), secret: String = ResourceAPIStub.secret,
        _ use: (ResourceAPIStub, CommandRunner) async throws -> Void
    ) async throws {
        try await stub.serve { server in
            let runner = try CommandRunner(server, secret: secret)
            defer { runner.remove() }
            try await use(stub, runner)
        }
    }

    var serverURL: String { server }
}
