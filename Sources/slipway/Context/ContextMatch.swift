import ArgumentParser
import Contexts
import Glibc
import ResourceAPI

struct ContextMatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "match",
        abstract: "Try the rules of an ignore file on paths.",
        discussion: """
            The paths need not exist. Each is decided on as a walk from the root down to it would, so a folder above that is left out \
            counts. The rule about version-control files does not take part.
            """)

    @Option(help: "The ignore file; '-' for standard input.", completion: .file())
    var rules: String

    @Flag(help: "Write JSON: path and excluded for each path.")
    var json = false

    @Argument(help: "Paths relative to the root of a context.")
    var paths: [String]

    func run() async throws {
        try await reporting(asJSON: json) {
            let text = try Self.text(for: try ContextMatch.read(rules), file: rules, paths: paths, asJSON: json)
            Terminal.write(Array(text.utf8), to: 1)
        }
    }

    /// What is written for these rules and paths.
    static func text(for rules: [UInt8], file: String, paths: [String], asJSON: Bool) throws(ContextError) -> String {
        let ignore = try DockerIgnore(rules, file: file)
        var decisions: [(path: String, decision: IgnoreDecision)] = []
        for path in paths { decisions.append((path, try ignore.decide(path))) }
        guard !asJSON else {
            return JSONDocument.list(
                decisions.map { .object(["path": .text($0.path), "excluded": .flag($0.decision.isExcluded)]) }
            ).text() + "\n"
        }
        let rows = decisions.map { path, decision in
            guard case .rule(let rule, let matched) = decision.cause else { return [path, "kept", "", "", ""] }
            return [
                path, decision.isExcluded ? "left out" : "kept", rule.line.map(String.init) ?? "", rule.text,
                matched.text,
            ]
        }
        return TextTable(columns: ["PATH", "RESULT", "LINE", "RULE", "MATCHES"], rows: rows).text()
    }

    private static func read(_ file: String) throws(ContextError) -> [UInt8] {
        do {
            return try file == "-" ? readAll(STDIN_FILENO, name: "standard input") : readFile(file)
        } catch {
            guard case .unreadable(_, let reason) = error else {
                throw .ignoreFileUnreadable(file, reason: error.description)
            }
            throw .ignoreFileUnreadable(file, reason: reason)
        }
    }
}
