import ArgumentParser

struct Version: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    static let number = "0.1.0"
    static let text = "slipway \(number)"

    func run() async throws {
        Terminal.print(Self.text)
    }
}
