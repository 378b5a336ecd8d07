import ArgumentParser
import Foundation
import TestSupport

@testable import slipway_server

/// The permission bits of a file.
func mode(of path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
}

/// Reads a configuration from a YAML text, flags and an environment.
func configuration(
    _ yaml: String? = nil, flags: [String] = [], environment: [String: String] = [:], files: [String: String] = [:]
) async throws -> ServerConfiguration {
    try withTemporaryFolder { folder in
        for (name, text) in files { try write(text, to: "\(folder)/\(name)") }
        var flags = flags
        if let yaml {
            try write(yaml, to: "\(folder)/slipway.yaml")
            flags += ["--config", "\(folder)/slipway.yaml"]
        }
        return try ServerConfiguration(options: try ServerOptions.parse(flags), environment: environment)
    }
}

/// Runs a program and gives its output, both streams together, and its exit code.
func run(_ program: String, _ arguments: String...) async throws -> (status: Int32, output: String) {
    try await run(program, arguments)
}

func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
    let ending = try await ChildProcess([program] + arguments, errors: .withOutput).ended()
    return (ending.code, ending.output)
}
