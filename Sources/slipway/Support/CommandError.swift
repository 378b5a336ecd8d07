import ResourceAPI
import TaskFiles
import TaskModel

/// What can go wrong in the command itself.
enum CommandError: Error, Equatable {
    case notLoggedIn(localPath: String, reason: String)
    case unreadable(file: String, reason: String)
    case unwritable(file: String, reason: String)
    case malformed(file: String, reason: String)
    case insecureServer(String)
    case invalidServer(String)
    case noSecret
    case noSecretValue
    case nothingToCancel
    case noRuns
    case invalidRunID(String)
    /// A Dockerfile from elsewhere, and a context that can't be added to.
    case outsideDockerfile
    case noContextNoDockerfile
    case nothingPiped
    case tokenWithoutHTTP(String)
    case tarToTerminal
    case noSourceDate
    case invalidSourceDate(String)
    case nobodyToAsk(String)
    case noTaskContext
    case commandOrFile
    case noTrigger(String, task: String)
    case noLogin(String, task: String)
    case secretNotGiven(String)
    case loginExists(String, task: String)
    case notJSON(file: String, reason: String)
    case noArchiveForExec
    case variableNotSet(String, for: String)
    case vaultOutsideLogin(String)
    case invalidPlatform(String, String)
    case triggerWithoutRepository(task: String)
    case declaredTwice(String)
    case invalidDeclaration(file: String, TaskDeclarationError)
    case refusedDeclaration(place: String, task: String, InvalidRequest)
}

extension CommandError: CustomStringConvertible {
    var description: String {
        switch self {
        case .notLoggedIn(let path, let reason):
            "There is no login: \(path) can't be used (\(reason)). Log in with 'slipway login --server URL --client-id ID', "
                + "or on the server's machine set SLIPWAY_LOCAL to the local-client.json in its data folder and be a user who may read it."
        case .unreadable(let file, let reason): "Can't read \(file): \(reason)."
        case .unwritable(let file, let reason): "Can't write \(file): \(reason)."
        case .malformed(let file, let reason): "\(file) can't be understood: \(reason) Remove it and log in again."
        case .insecureServer(let server):
            "A client secret is not sent to \(server) without encryption. Use https://."
        case .invalidServer(let text): "'\(text)' is no address of a server. Write it as https://host[:port]."
        case .noSecret:
            "There is no client secret. Give it in a file with --client-secret-file, or on standard input with '-'."
        case .noSecretValue:
            "There is no value. Give it on standard input, or in a file with --value-file."
        case .nothingToCancel:
            "Say which runs to cancel: give run ids, a filter (--status, --task, --pool, --image, --filter), or --all."
        case .noRuns: "There is no run yet."
        case .invalidRunID(let text):
            "'\(text.escapedForDisplay)' is no id of a run. Ids look like ca1; 'slipway runs list' shows them."
        case .outsideDockerfile:
            "A Dockerfile from standard input or a URL goes with a folder or /dev/null. Other contexts bring their own: "
                + "put it in there, and name its path with -f."
        case .noContextNoDockerfile:
            "/dev/null is no context, so there is no Dockerfile in it. Name one with -f, or give it on standard input with '-f -'."
        case .nothingPiped:
            "There is nothing on standard input. Pipe an archive or a Dockerfile into it, as in: tar -c . | slipway build -"
        case .tokenWithoutHTTP(let reference):
            "\(reference.escapedForDisplay) is not reached over https, where a token is of use: git over ssh takes the key in ~/.ssh. "
                + "Leave --git-token-file out, or write an https:// URL."
        case .tarToTerminal:
            "A tar is not for a terminal. Send it on, as in 'slipway context tar . | tar -tv', or use 'slipway context ls'."
        case .noTaskContext:
            "A task needs a context: give --context URL, or --context /dev/null with --cmd or -f for one without."
        case .commandOrFile:
            "Without a context say what to do: either --cmd COMMAND or -f FILE."
        case .noTrigger(let name, let task): "Task '\(task)' has no timer '\(name.escapedForDisplay)'."
        case .noLogin(let host, let task): "Task '\(task)' has no login for '\(host.escapedForDisplay)'."
        case .loginExists(let host, let task):
            "Task '\(task)' has a login for '\(host.escapedForDisplay)' already. Change it with 'slipway task credential update'."
        case .notJSON(let file, let reason): "\(file) is no JSON of the form that is needed: \(reason)"
        case .noArchiveForExec:
            "'slipway exec' takes no archive from standard input. Unpack it, and name the folder."
        case .secretNotGiven(let location):
            "The file needs the secret \(location). Give it in a file with --secrets: {\"\(location)\": \"VALUE\"}."
        case .variableNotSet(let name, let what):
            "The variable \(name.escapedForDisplay) for \(what) is not set. Set it, as in \(name.escapedForDisplay)=… slipway task apply …"
        case .vaultOutsideLogin(let what):
            "\(what.prefix(1).uppercased() + what.dropFirst()) can't come from a vault: only logins at registries do. Write {env: NAME} or {file: PATH}."
        case .invalidPlatform(let text, let what):
            "The platform \(what) is '\(text.escapedForDisplay)', which is none. Write it as linux/amd64 or linux/arm64/v8."
        case .triggerWithoutRepository(let task):
            "Task '\(task)' has no context, so its commits and pullRequests need a 'repository'."
        case .declaredTwice(let task): "Two tasks are called '\(task)'. Give each its own name."
        case .invalidDeclaration(let file, let error): "\(file):\(error)"
        case .refusedDeclaration(let place, let task, let error):
            "\(place): Task '\(task)' would be refused: \(error.message)" + (error.target.map { " [\($0)]" } ?? "")
        case .nobodyToAsk(let question): "\(question) There is no terminal to answer at: say so with --yes."
        case .noSourceDate:
            "'--mtime clamp' needs a time in the environment: set SOURCE_DATE_EPOCH to seconds since 1970, as in SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)."
        case .invalidSourceDate(let text):
            "SOURCE_DATE_EPOCH is '\(text.escapedForDisplay)'. Set it to whole seconds since 1970, or take '--mtime keep'."
        }
    }
}
