import ArgumentParser
import Contexts
import CurlHTTP
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
    } catch is CancellationError {
        throw ExitStatus.interrupted.exitCode
    } catch {
        Terminal.say("error: Something unforeseen went wrong: \(error)")
        throw ExitStatus.failed.exitCode
    }
}
