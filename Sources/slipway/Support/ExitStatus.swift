import ArgumentParser
import ResourceAPI
import TaskModel

/// The exit codes, one place for all commands. 64 is ArgumentParser's for a command line that can't be read.
enum ExitStatus: Int32 {
    case succeeded = 0
    /// The run failed, or what was asked for could not be done.
    case failed = 1
    case notFound = 3
    case canceled = 4
    case timedOut = 5
    /// Left with Ctrl-C; the run goes on.
    case interrupted = 130

    static let table = """
        0 done, and the run Succeeded; 1 the run ended as Failed or Error, or the request was refused or could not be made; \
        3 no such run or registry; 4 the run was Canceled; 5 the run ran into its Timeout; 64 the command line is wrong; \
        130 left with Ctrl-C while the run goes on.
        """

    init(_ status: RunStatus?) {
        self =
            switch status {
            case .succeeded: .succeeded
            case .canceled: .canceled
            case .timeout: .timedOut
            default: .failed
            }
    }

    init(_ outcome: LogOutcome) {
        self =
            switch outcome {
            case .succeeded, .incomplete: .succeeded
            case .canceled: .canceled
            case .timedOut: .timedOut
            case .failed, .error: .failed
            }
    }

    var exitCode: ExitCode { ExitCode(rawValue) }
}
