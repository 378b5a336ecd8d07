import Hummingbird
import ResourceAPI
import Scheduling

/// Whether a registry of that name could be there: `POST …/checkNameAvailability`.
struct RegistryNamesController {
    let directory: RegistryDirectory

    func addRoutes(to group: some RouterMethods<ResourceContext>) {
        group.post(
            "subscriptions/:subscription/providers/Microsoft.ContainerRegistry/checkNameAvailability", use: check)
    }

    private func check(_ request: Request, _ context: ResourceContext) async throws -> Response {
        try directory.checkScope(context)
        let name = try await request.decode(NameQuestion.self).name
        guard (5...50).contains(name.count), name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
            return try .json(
                NameAnswer(
                    nameAvailable: false, reason: "Invalid",
                    message: "The name of a registry has 5 to 50 letters and digits and nothing else."))
        }
        guard directory.settings.registry(named: name) == nil else {
            return try .json(
                NameAnswer(
                    nameAvailable: false, reason: "AlreadyExists", message: "The registry \(name) is already in use."))
        }
        return try .json(NameAnswer(nameAvailable: true))
    }
}

private struct NameQuestion: Codable, Sendable {
    var name: String
}

private struct NameAnswer: Codable, Sendable {
    var nameAvailable: Bool
    var reason: String?
    var message: String?
}
