import ArgumentParser
import Contexts

struct ContextExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Tell why a file is in a context, or is not.",
        discussion: """
            Names the line of the ignore file that decided, for the path itself or for a folder above it. The exit code is 0 whatever the \
            answer is.
            """)

    @OptionGroup var options: ContextOptions

    @Argument(
        help: "The path of a file, folder or link, relative to the root of the context; of a folder also absolute.",
        completion: .file())
    var path: String

    @Flag(help: "Write JSON: path, verdict, cause, and the line, rule and path that decided.")
    var json = false

    func run() async throws {
        try await reporting(asJSON: json) {
            let source = options.contextSource
            let context = try await source.prepare()
            let path = Self.relative(path, to: source.folder)
            let explanation = try await BlockingExecutor.shared.run { try context.explain(path) }
            let text = ExplanationText(explanation, ignoreFile: context.ignoreFile)
            Terminal.print(json ? text.json.text() : text.sentence)
        }
    }

    /// A path below the folder that is the context, without that folder.
    static func relative(_ path: String, to folder: String?) -> String {
        guard let folder, path.hasPrefix("/") else { return path }
        guard path == folder || path.hasPrefix(folder + "/") else { return path }
        return String(path.dropFirst(folder.count))
    }
}
