import Contexts
import TaskFiles

/// A reader of what strangers write, as a function of bytes that finds out by itself whether something is wrong.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Rules, a NUL, a path.
    case matcher
    case ignore
    /// A context as somebody names it.
    case reference
    /// `.gitmodules`
    case modules
    /// A byte that tells what to do with it, an archive.
    case archive
    case dockerfile
    /// A task file, NUL, a file of values.
    case taskfile
    /// Declarations of tasks.
    case declaration
    /// A template.
    case template
    /// A line of `cmd`.
    case command
    /// A line of `build`.
    case buildline
    /// Messages of a builder's trace, each behind two bytes with its length.
    case trace
    /// A private key of ssh.
    case sshkey
    /// A message to an ssh agent.
    case sshagent
    /// Two bytes that tell the forge and the event, a delivery of it.
    case webhook

    /// The longest input that is tried.
    var maxBytes: Int {
        switch self {
        case .matcher, .reference: 1024
        case .ignore, .modules, .dockerfile, .taskfile, .declaration, .template, .command, .buildline: 4096
        case .trace, .sshkey, .sshagent: 4096
        case .webhook: 8192
        case .archive: 16_384
        }
    }

    /// - Returns: what is wrong; nil if all is well, which it may be with an input that is refused, too.
    func problem(with input: [UInt8]) -> String? {
        switch self {
        case .matcher: matcherProblem(input)
        case .ignore: ignoreProblem(input)
        case .reference: referenceProblem(input)
        case .modules: modulesProblem(input)
        case .archive: archiveProblem(input)
        case .dockerfile: dockerfileProblem(input)
        case .taskfile: taskFileProblem(input)
        case .declaration: declarationProblem(input)
        case .template: templateProblem(input)
        case .command: commandProblem(input)
        case .buildline: buildLineProblem(input)
        case .trace: traceProblem(input)
        case .sshkey: sshKeyProblem(input)
        case .sshagent: sshAgentProblem(input)
        case .webhook: webhookProblem(input)
        }
    }
}

private func dockerfileProblem(_ input: [UInt8]) -> String? {
    let dockerfile = Dockerfile(input)
    let images = dockerfile.baseImages(arguments: ["VERSION": "1", "": "x"])
    let same = dockerfile.baseImages(arguments: ["VERSION": "1", "": "x"])
    return "\(images)" == "\(same)" ? nil : "a second reading differs"
}
