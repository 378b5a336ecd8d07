import ArgumentParser
import Foundation
import Storage

/// `slipway-server backup`: a copy of what a server keeps, taken while it runs.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copies what a server keeps to a folder, while it runs or not.",
        discussion: """
            The copy holds the database as it was at one moment, keys, certificates and logs: keep it as safe as the data folder. Uploaded \
            contexts, archives for downloads and copies of git repositories are left out. 'slipway-server restore' makes a data folder of it.
            """)

    @OptionGroup var options: ServerOptions

    @Option(help: "The folder to make; it must not be there yet.", completion: .directory)
    var to: String

    @Flag(help: "Leave the logs of runs out.")
    var withoutLogs = false

    func run() async throws {
        try await reporting {
            let configuration = try ServerConfiguration(
                options: options, environment: ProcessInfo.processInfo.environment)
            let directory = try DataDirectory(visiting: configuration.data)
            let size = try BackupFolder.make(to, of: directory, withLogs: !withoutLogs)
            print("Backup of \(directory.path) in \(absolutePath(to, from: nil)): \(size) bytes of database.")
        }
    }
}

/// `slipway-server restore`: a data folder from a backup.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a data folder from a backup.",
        discussion: """
            What happened after the backup is not known. So runs that had not ended in it end as Error, agents' leases and links to logs and \
            uploads are void, and agents that joined later have to join again. Then start the server as usual.
            """)

    @OptionGroup var options: ServerOptions

    @Argument(help: "The folder that 'slipway-server backup' made.", completion: .directory)
    var backup: String

    func run() async throws {
        try await reporting {
            let configuration = try ServerConfiguration(
                options: options, environment: ProcessInfo.processInfo.environment)
            let restored = try await BackupFolder.restore(backup, to: configuration.data, at: Date())
            print(
                """
                \(configuration.data) is restored, as generation \(restored.generation). \(restored.ended) runs that had not ended are \
                Error now. Start the server.
                """)
        }
    }
}
