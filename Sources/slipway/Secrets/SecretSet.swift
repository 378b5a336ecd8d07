import ArgumentParser
import Glibc
import ResourceAPI
import TaskModel

struct SecretSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Set a secret: a new version, which runs use from then on.",
        discussion: """
            The value is read from a file, from standard input, or asked for at the terminal; never from the command line, where other \
            users could see it. One line end after it is left out, unless --keep-newline is given. A value is text of at most 25 KiB; for \
            bytes that are no text set their Base64, which is also what volumes of task files take.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var reference: SecretReference

    @Option(help: "A file with the value; '-' for standard input.", completion: .file())
    var valueFile: String?

    @Flag(help: "Keep a line end after the value.")
    var keepNewline = false

    @OptionGroup var outputOptions: OutputOptions

    func validate() throws {
        if (try? reference.checked())?.version != nil {
            throw ValidationError("The server names the new version: leave it out of the location.")
        }
    }

    func run() async throws {
        try await reporting {
            let location = try reference.checked()
            let value = try value()
            let connection = try await connection.connect()
            try SecretOutput(outputOptions).write(
                try await connection.client.putSecret(value, at: location, in: connection.registry))
        }
    }

    private func value() throws(CommandError) -> Secret {
        let bytes: [UInt8]
        switch valueFile {
        case nil where Terminal.isInputInteractive: bytes = Terminal.ask("Value: ")
        case nil, "-"?: bytes = try readAll(STDIN_FILENO, name: "standard input")
        case let file?: bytes = try readFile(file)
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(
                file: valueFile ?? "standard input", reason: "it is no text (UTF-8). Set its Base64 instead")
        }
        // "\r\n" is one character.
        if !keepNewline, text.last == "\n" || text.last == "\r\n" { text.removeLast() }
        guard !text.isEmpty else { throw .noSecretValue }
        return Secret(text)
    }
}
