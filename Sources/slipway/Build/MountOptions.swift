import ArgumentParser
import Foundation
import Glibc
import ResourceAPI
import SSHKeys
import TaskModel

/// What `RUN --mount` finds, spelled as docker spells it.
struct MountOptions: ParsableArguments {
    @Option(
        name: .customLong("secret"),
        help: ArgumentHelp(
            """
            A file or a variable for RUN --mount=type=secret: id=ID,src=FILE or id=ID,env=NAME; id=ID alone is the \
            variable of that name, else the file. Give it again for more.
            """, valueName: "id=ID[,src=FILE|,env=NAME]"))
    var secrets: [String] = []

    @Option(
        name: .customLong("ssh"),
        help: ArgumentHelp(
            """
            Private keys without a passphrase for RUN --mount=type=ssh: ID is 'default' where the Dockerfile names none. \
            Steps can log in with them and can't read them. Give it again for more.
            """, valueName: "ID=KEYFILE[,KEYFILE]"))
    var ssh: [String] = []

    var isEmpty: Bool { secrets.isEmpty && ssh.isEmpty }

    /// Reads them into the request.
    ///
    /// - Throws: ``MountProblem``, ``CommandError`` for a file that can't be read, `InvalidRequest` for what the server
    ///   would refuse.
    func add(
        to request: inout DockerBuildRequest, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard !isEmpty else { return }
        let given = try secrets.map { try SecretOption($0, environment: environment) }
        if !given.isEmpty {
            request.secrets = try given.map { secret in
                let content = try secret.content(environment: environment)
                return NamedSecret(id: secret.id, value: Secret(Data(content).base64EncodedString()))
            }
        }
        let keys = try ssh.map { try SSHOption($0, environment: environment) }
        if !keys.isEmpty { request.sshKeys = try keys.flatMap { try $0.keys() } }
        var complete = request
        complete.sourceLocation = "context"
        _ = try BuildRequest(complete)
    }
}

/// One `--secret`.
struct SecretOption: Equatable {
    enum Source: Equatable {
        case file(String)
        case variable(String)
    }

    let id: String
    let source: Source

    init(_ text: String, environment: [String: String]) throws(MountProblem) {
        var fields: [String: String] = [:]
        for field in text.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0].lowercased() == "source" ? "src" : parts[0].lowercased()
            guard parts.count == 2, ["id", "type", "src", "env"].contains(name) else { throw .invalidSecret(text) }
            fields[name] = parts[1]
        }
        guard let id = fields["id"], !id.isEmpty, ["file", "env", nil].contains(fields["type"]) else {
            throw .invalidSecret(text)
        }
        self.id = id
        var (file, variable) = (fields["src"], fields["env"])
        if fields["type"] == "env", variable == nil { (variable, file) = (file, nil) }
        if let variable {
            source = .variable(variable)
        } else if let file {
            source = .file(file)
        } else {
            source = fields["type"] != "file" && environment[id] != nil ? .variable(id) : .file(id)
        }
    }

    func content(environment: [String: String]) throws -> [UInt8] {
        switch source {
        case .file(let path): return try readFile(path.expandingHome(environment))
        case .variable(let name):
            guard let value = environment[name] else { throw MountProblem.noVariable(name, id: id) }
            return Array(value.utf8)
        }
    }
}

/// One `--ssh`.
struct SSHOption: Equatable {
    let id: String
    let paths: [String]

    init(_ text: String, environment: [String: String]) throws(MountProblem) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        id = parts[0].isEmpty ? "default" : parts[0]
        paths = (parts.count > 1 ? parts[1] : "").split(separator: ",").map { String($0).expandingHome(environment) }
        guard !paths.isEmpty else { throw .agent(id) }
    }

    /// The content of the files, each looked at.
    func keys() throws -> [NamedSecret] {
        try paths.map { path in
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { throw MountProblem.agent(id) }
            let text = String(decoding: try readFile(path), as: UTF8.self)
            do throws(SSHKeyProblem) {
                _ = try SSHPrivateKey(text)
            } catch {
                throw MountProblem.unusableKey(path, error)
            }
            return NamedSecret(id: id, value: Secret(text))
        }
    }
}

/// Why a `--secret` or an `--ssh` can't be used.
enum MountProblem: Error, Equatable {
    case invalidSecret(String)
    case noVariable(String, id: String)
    /// An ssh agent was meant.
    case agent(String)
    case unusableKey(String, SSHKeyProblem)
}

extension MountProblem: CustomStringConvertible {
    var description: String {
        switch self {
        case .invalidSecret(let text):
            "'--secret \(text.escapedForDisplay)' can't be read. Write it as id=ID,src=FILE or id=ID,env=NAME."
        case .noVariable(let name, let id):
            "The secret '\(id.escapedForDisplay)' is the variable \(name.escapedForDisplay), which is not set. "
                + "Set it, or name a file: --secret id=\(id.escapedForDisplay),src=FILE."
        case .agent(let id):
            "The build runs on another host, which can't reach an ssh agent on this one. "
                + "Name a private key that may be sent there for this run: --ssh \(id.escapedForDisplay)=~/.ssh/id_ed25519."
        case .unusableKey(let path, let problem):
            "The ssh key \(path.escapedForDisplay) can't be used: \(problem)."
        }
    }
}

extension String {
    /// With the caller's home in place of `~/` at its beginning: shells leave it there behind a '='.
    fileprivate func expandingHome(_ environment: [String: String]) -> String {
        guard hasPrefix("~/"), let home = environment["HOME"] else { return self }
        return home + dropFirst()
    }
}
