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
    ///   - whileRunning: is handed the process once it runs.
    func run(
        _ arguments: [String], input: String = "", inputFile: URL? = nil, environment: [String: String] = [:],
        isLocal: Bool = true, whileRunning: (Process) async throws -> Void = { _ in }
    ) async throws -> Result {
        let process = process(arguments, environment: environment, isLocal: isLocal)
        let (standardInput, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = try inputFile.map { try FileHandle(forReadingFrom: $0) } ?? standardInput as Any
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        if inputFile == nil { try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
        try standardInput.fileHandleForWriting.close()
        async let outputText = Self.text(of: output)
        async let errorText = Self.text(of: errors)
        try await whileRunning(process)
        let result = await (outputText, errorText)
        process.waitUntilExit()
        return Result(code: process.terminationStatus, output: result.0, errors: result.1)
    }

    /// As `run`, with standard input and standard error on a terminal.
    ///
    /// - Returns: the exit code, and what stood on the terminal.
    func runOnTerminal(
        _ arguments: String..., whileRunning: (Process, Terminal) async throws -> Void
    ) async throws -> (code: Int32, screen: String) {
        let terminal = try Terminal()
        let process = process(arguments, environment: [:], isLocal: true)
        let slave = try terminal.openSlave()
        process.standardInput = slave
        process.standardError = slave
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try slave.close()
        try await whileRunning(process, terminal)
        let screen = await terminal.wait { _ in false }
        process.waitUntilExit()
        return (process.terminationStatus, screen)
    }

    private func process(_ arguments: [String], environment: [String: String], isLocal: Bool) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "SLIPWAY_CONFIG_DIR": settings.path]
            .merging(isLocal ? ["SLIPWAY_LOCAL": folder.appending(path: "local.json").path] : [:]) { $1 }
            .merging(environment) { $1 }
        return process
    }

    func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:], isLocal: Bool = true,
        whileRunning: (Process) async throws -> Void = { _ in }
    ) async throws -> Result {
        try await run(arguments, input: input, environment: environment, isLocal: isLocal, whileRunning: whileRunning)
    }

    private static func text(of pipe: Pipe) async -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
            }
        }
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
