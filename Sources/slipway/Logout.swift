import ArgumentParser

struct Logout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Forget the login that 'slipway login' made.")

    func run() async throws {
        try await reporting {
            let folder = SettingsFolder()
            try folder.remove(TokenFile.fileName)
            try folder.remove(Profile.fileName)
        }
    }
}
