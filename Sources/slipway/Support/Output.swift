import ArgumentParser
import Foundation
import ResourceAPI

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
    func write(columns: [String], rows: [[String]], json: @autoclosure () throws -> Any) throws {
        switch format {
        case .table: Terminal.write(Array(TextTable(columns: columns, rows: rows).text(isColored: isColored).utf8), to: 1)
        case .tsv: Terminal.write(Array(rows.map { $0.joined(separator: "\t") + "\n" }.joined().utf8), to: 1)
        case .json:
            let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            let bytes = try JSONSerialization.data(withJSONObject: try json(), options: options)
            Terminal.write(Array(bytes) + [0x0a], to: 1)
        }
    }
}

/// Turns a value into what `JSONSerialization` writes.
func jsonObject(_ value: some Encodable) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(try WireJSON.encode(value)))
}
