import ArgumentParser
import ResourceAPI

struct PoolList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List agent pools: those of the server's configuration, then the registry's own."
    )

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var outputOptions: OutputOptions

    func run() async throws {
        try await reporting {
            let connection = try await connection.connect()
            let pools = try await connection.client.agentPools(in: connection.registry)
            try Output(outputOptions).write(
                columns: PoolRow.columns, rows: pools.map(PoolRow.cells(of:)),
                json: .list(try pools.map { try JSONDocument(flattening: $0) }))
        }
    }
}
