import ArgumentParser

struct Context: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at build contexts: which files travel, and why.",
        discussion: """
            A context is what a build may copy from: a folder, a git repository or an archive, without what its ignore file leaves out. \
            These commands read it on this machine; they need no server and no login.
            """,
        subcommands: [
            ContextList.self, ContextExplain.self, ContextTar.self, ContextMatch.self, ContextParse.self,
        ])
}
