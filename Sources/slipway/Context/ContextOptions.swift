import ArgumentParser

/// Options that say which context is meant, spelled as those of `build`.
struct ContextOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The context as 'build' takes it: a folder, a git reference URL[#REF[:FOLDER]], an archive's or a Dockerfile's "
                + "URL, '-' for an archive or a Dockerfile on standard input, or /dev/null with -f."),
        completion: .directory)
    var source: String

    @Option(
        name: [.short, .long],
        help: """
            The Dockerfile: for a folder relative to the current directory, a URL, or '-' for standard input; for other contexts \
            relative to the context. Default: Dockerfile.
            """,
        completion: .file())
    var file: String?

    @Flag(help: "Docker's rules alone: version-control files of a folder are not left out.")
    var dockerRules = false

    @Flag(help: "As '!.git/**' at the end of the ignore file.")
    var includeGit = false

    @Option(
        help: "A file with a token for the git server, for https. Default: what the URL holds, or no login.",
        completion: .file())
    var gitTokenFile: String?

    var contextSource: ContextSource {
        ContextSource(
            source, dockerfile: file, usesDockerRules: dockerRules, includesGit: includeGit, gitTokenFile: gitTokenFile)
    }
}
