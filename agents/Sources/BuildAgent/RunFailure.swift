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
    /// The same for programs.
    var details = RunOutcome.Failure()

    /// What was asked for can't be done: the fault of the request, the source or the build.
    static func failed(_ message: String, _ kind: RunOutcome.Failure.Kind? = nil) -> RunFailure {
        var failure = RunFailure(status: .failed, message: message)
        failure.details.kind = kind
        return failure
    }

    /// The service or something it needs did not work.
    static func error(_ message: String) -> RunFailure { RunFailure(status: .error, message: message) }

    /// - Parameter step: the step that was under way.
    init(_ error: any Error, step: String?) {
        let prefix = step.map { "failed to run step ID: \($0): " } ?? ""
        defer { details.step = details.step ?? step }
        switch error {
        case let error as RunFailure: self = error
        case let error as ContextError:
            self.init(
                status: error.isFaultOfSource ? .failed : .error, message: "\(prefix)\(error) [\(error.shownCode)]")
            if error.code == "no-dockerfile" { details.kind = .scan }
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
            details.exitCode = error.exitCode
            if case .push = error { details.kind = .push }
        case DistributionError.realmRefused:
            self.init(status: .error, message: "\(prefix)\(error) [AuthRealmRefused]")
        case DistributionError.untrusted(_, cause: .redirectRefused):
            self.init(status: .error, message: "\(prefix)\(error) [RedirectRefused]")
        case let error as DistributionError: self.init(status: .failed, message: prefix + error.description)
        case let error as ContainerExit:
            self.init(status: .failed, message: "\(prefix)\(error)")
            details.exitCode = error.code
        case let error as ExecutionFailures:
            self.init(error.first, step: step)
            let others = error.others.map { RunFailure($0, step: nil).message }.filter { !message.hasSuffix($0) }
            if !others.isEmpty {
                let details = details
                self.init(status: status, message: ([message] + others).joined(separator: "; "))
                self.details = details
            }
        case let error as StepProblem:
            self.init(status: .failed, message: "\(prefix)\(error)")
            details.kind = error.kind
        case let error as TaskFileError: self.init(status: .failed, message: prefix + error.description)
        case let error as InvalidName: self.init(status: .failed, message: error.description)
        default: self.init(status: .error, message: "\(prefix)\(error)")
        }
    }

    /// Says where a disk is full, which is for others to look after than the author of the build.
    func explained(agent: String?) -> RunFailure {
        guard let agent, message.lowercased().contains("no space left on device") else { return self }
        var failure = RunFailure(status: .failed, message: "no space left on agent \(agent): \(message)")
        failure.details = details
        return failure
    }

    private init(status: RunStatus, message: String) {
        self.status = status
        self.message = message
    }
}

extension DockerError {
    /// Of the command in a Dockerfile that failed; 1 for a build that failed otherwise. Nil for what is no build.
    fileprivate var exitCode: Int? {
        guard case .build(let failure) = self else { return nil }
        guard case .step(let message) = failure,
            let match = message.firstMatch(of: /(?:exit code: |returned a non-zero code: )([0-9]{1,3})/)
        else { return 1 }
        return Int(match.1) ?? 1
    }

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
