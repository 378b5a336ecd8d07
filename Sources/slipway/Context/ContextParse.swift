import ArgumentParser
import Contexts
import ResourceAPI
import TaskModel

struct ContextParse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse",
        abstract: "Tell what the name of a context means.",
        discussion: """
            Nothing is fetched; only a folder is looked for. With --json the remote is as it was written, credentials included, since \
            programs hand it on to git; without it they are left out.
            """)

    @Argument(help: "A context as 'build' takes it.")
    var reference: String

    @Flag(help: "Write JSON: kind (git, http, oci, local, stdin, null) and for git remote, ref and subdir.")
    var json = false

    func run() async throws {
        try await reporting(asJSON: json) {
            let location = try ContextLocation(reference, localPath: FolderContext.localPath)
            Terminal.write(Array((json ? Self.json(location).text() + "\n" : Self.text(location)).utf8), to: 1)
        }
    }

    static func json(_ location: ContextLocation) -> JSONDocument {
        func optional(_ text: String?) -> JSONDocument { text.map { .text($0) } ?? .null }
        var fields: [String: JSONDocument] = ["kind": .text(kind(location))]
        if case .git(let reference) = location {
            fields["remote"] = .text(reference.written.value)
            fields["ref"] = optional(reference.ref)
            fields["subdir"] = optional(reference.subdir)
            // What only the query form can say, when it is said.
            if let commit = reference.commit { fields["commit"] = .text(commit) }
            if reference.keepsGitDirectory { fields["keep_git_dir"] = .flag(true) }
            if !reference.fetchesSubmodules { fields["submodules"] = .flag(false) }
        }
        return .object(fields)
    }

    static func text(_ location: ContextLocation) -> String {
        var lines: [(String, String?)] = [("Kind", kind(location))]
        switch location {
        case .git(let reference):
            lines += [("Remote", reference.remote), ("Ref", reference.ref ?? "the remote's default branch")]
            lines += [("Folder", reference.subdir ?? "the root"), ("Commit", reference.commit)]
            lines += [("Note", reference.notice)]
        case .folder, .download, .artifact: lines.append(("Address", location.redacted))
        case .none, .standardInput: break
        }
        return lines.compactMap { name, value in
            value.map { "\(name): ".padding(to: 9) + $0.escapedForDisplay + "\n" }
        }.joined()
    }

    private static func kind(_ location: ContextLocation) -> String {
        switch location {
        case .folder: "local"
        case .git: "git"
        case .download: "http"
        case .artifact: "oci"
        case .none: "null"
        case .standardInput: "stdin"
        }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
