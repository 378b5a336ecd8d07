import ArgumentParser
import ResourceAPI
import TaskModel

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case tsv
}

struct OutputOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "How to write results.")
    var output: OutputFormat = .table

    @Flag(help: "No colours. So does a NO_COLOR in the environment, and so does output that goes to no terminal.")
    var noColor = false
}

/// Writes results to standard output in the form that was asked for.
struct Output {
    let format: OutputFormat
    let isColored: Bool

    init(_ options: OutputOptions) {
        format = options.output
        isColored = Terminal.isColorWanted(unless: options.noColor)
    }

    /// - Parameters:
    ///   - rows: of the table, each with a cell for each column.
    ///   - json: the value for `-o json`.
    func write(columns: [String], rows: [[String]], json: @autoclosure () throws -> JSONDocument) throws {
        let text =
            switch format {
            case .table: TextTable(columns: columns, rows: rows).text(isColored: isColored)
            case .tsv: rows.map { $0.map(\.escapedForDisplay).joined(separator: "\t") + "\n" }.joined()
            case .json: try json().text() + "\n"
            }
        Terminal.write(Array(text.utf8), to: 1)
    }
}
