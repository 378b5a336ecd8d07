import CurlHTTP
import Contexts
import DockerEngine
import Distribution
import TaskFiles
import TaskModel

/// Why a run ended without success, in the words that its record keeps.
struct RunFailure: Error {
    /// Failed or Error.
    let status: RunStatus
    let message: String

    /// What was asked for can't be done: the fault of the request, the source or the build.
    static func failed(_ message: String) -> RunFailure { RunFailure(status: .failed, message: message) }

    /// The service or something it needs did not work.
    static func error(_ message: String) -> RunFailure { RunFailure(status: .error, message: message) }

    /// - Parameter step: the step that was under way.
    init(_ error: any Error, step: String?) {
        let prefix = step.map { "failed to run step ID: \($0): " } ?? ""
        switch error {
        case let error as RunFailure: self = error
        case let error as ContextError:
            self.init(
                status: error.isFaultOfSource ? .failed : .error, message: "\(prefix)\(error) [\(error.shownCode)]")
        case DockerError.build(.base(let reference, .denied(let reason))):
            // The builder may not have named it.
            let host = (try? ImageReference(reference))?.registry ?? "its registry"
            self.init(
                status: .failed,
                message: "\(prefix)the base image \(reference) can't be had: \(host) refuses access: \(reason). "
                    + "Give the server a login for \(host) under `credentials` in its configuration, or check the one it has."
            )
        case let error as DockerError:
            self.init(status: error.isFaultOfBuild ? .failed : .error, message: prefix + error.description)
        case let error as DistributionError: self.init(status: .failed, message: prefix + error.description)
        case let error as ContainerExit: self.init(status: .failed, message: "\(prefix)\(error)")
        case let error as StepProblem: self.init(status: .failed, message: "\(prefix)\(error)")
        case let error as TaskFileError: self.init(status: .failed, message: prefix + error.description)
        case let error as InvalidName: self.init(status: .failed, message: error.description)
        default: self.init(status: .error, message: "\(prefix)\(error)")
        }
    }

    private init(status: RunStatus, message: String) {
        self.status = status
        self.message = message
    }
}

extension DockerError {
    fileprivate var isFaultOfBuild: Bool {
        switch self {
        case .build, .push, .pull: true
        case .refused(_, let status, _): status < 500
        case .invalidEndpoint, .unreachable, .tooOld, .lost, .unexpected: false
        }
    }
}

extension ContextError {
    /// The word in brackets that tools may look for.
    fileprivate var shownCode: String {
        switch self {
        case .unreachable(_, cause: .addressBlocked), .unreachable(_, cause: .redirectRefused): apiCode
        default: code
        }
    }

    /// Whether another source, ref, folder or ignore file would help, as opposed to a source that can't be reached or is refused.
    fileprivate var isFaultOfSource: Bool {
        switch self {
        case .unreachable, .connectionFailed, .unknownHostKey, .mirrorDamaged, .entryRefused, .tooLarge,
            .archiveLibrary, .sourceRefused, .plainSource,
            .unexpectedAnswer, .notStored:
            false
        case .downloadRefused(_, let status, _): status < 500 && status != 429
        default: true
        }
    }
}
