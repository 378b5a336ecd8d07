import ArgumentParser
import Contexts

struct ContextList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List what would travel as the context of a build.",
        discussion: """
            A file marked 'carried' travels because the build can't do without it (the Dockerfile, the ignore file), although the rules \
            leave it out; COPY does not see it. Types are those of ls -l; 'h' is one more name of a file that was listed before.
            """)

    @OptionGroup var options: ContextOptions

    @Flag(help: "Write JSON: dockerfile_path, ignore_file, included, carried, entries, bytes.")
    var json = false

    func run() async throws {
        try await reporting(asJSON: json) {
            let context = try await options.contextSource.prepare()
            let tally = ContextTally()
            let listing = try await BlockingExecutor.shared.run { try ContextListing(context, tally: tally) }
            guard !json else { return Terminal.print(listing.json.text()) }
            Terminal.write(Array(listing.table.utf8), to: 1)
            if let note = tally.note(for: context) { Terminal.show(note) }
        }
    }
}
