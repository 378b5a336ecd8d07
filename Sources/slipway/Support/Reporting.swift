import ArgumentParser
import Contexts
import CurlHTTP
import DockerEngine
import ResourceAPI

/// Runs a command's work; an error becomes one line on standard error and an exit code.
func reporting(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch let code as ExitCode {
        throw code
    } catch let error as CommandError {
        Terminal.say("error: \(error)")
        throw ExitStatus.failed.exitCode
    } catch let error as MountProblem {
        Terminal.say("error: \(error)")
        throw ExitStatus.failed.exitCode
    } catch let error as ResourceError {
        Terminal.say("error: \(error)")
        throw (error.isNotFound ? ExitStatus.notFound : .failed).exitCode
    } catch let error as InvalidRequest {
        Terminal.say("error: (\(error.code)) \(error.message)")
        throw ExitStatus.failed.exitCode
    } catch let error as ContextError {
        Terminal.say("error: \(error)")
        throw ExitStatus.failed.exitCode
    } catch let error as HTTPError {
        Terminal.say("error: \(error)")
        throw ExitStatus.failed.exitCode
    } catch let error as DockerError {
        Terminal.say("error: \(error)")
        throw ExitStatus.failed.exitCode
    } catch is CancellationError {
        throw ExitStatus.interrupted.exitCode
    } catch {
        Terminal.say("error: Something unforeseen went wrong: \(error)")
        throw ExitStatus.failed.exitCode
    }
}

/// As `reporting`, but with an error as JSON on standard output where the result would be JSON.
func reporting(asJSON isJSON: Bool, _ work: () async throws -> Void) async throws {
    guard isJSON else { return try await reporting(work) }
    do {
        try await work()
    } catch let code as ExitCode {
        throw code
    } catch is CancellationError {
        throw ExitStatus.interrupted.exitCode
    } catch {
        Terminal.print(JSONDocument(error: error).text())
        throw ExitStatus.failed.exitCode
    }
}

extension JSONDocument {
    /// `{"error": {"code", "message", "line"}}`, the line of the ignore file where one is to blame.
    init(error: any Error) {
        var fields: [String: JSONDocument] = ["message": .text("\(error)")]
        switch error {
        case let error as ContextError:
            fields["code"] = .text(error.code)
            fields["line"] = error.line.map { .integer(Int64($0)) }
        case is HTTPError: fields["code"] = .text("unreachable")
        case CommandError.unreadable: fields["code"] = .text("unreadable")
        default: fields["code"] = .text("failed")
        }
        self = .object(["error": .object(fields)])
    }
}
