import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Storage
import TaskModel

@testable import WebServer

/// A registry of a ``WebFixture``, and a client that has logged in there.
struct TestRoutes {
    static let registry = WebFixture.scope + "local01"

    let client: any TestClientProtocol
    let token: String
    let runs: SQLiteRunStore

    /// - Parameter role: of who asks.
    static func with(role: Role = .admin, _ body: @Sendable (TestRoutes) async throws -> Void) async throws {
        try await WebFixture.with(slots: 4, hasRun: false) { web in
            let token = try await web.login(RoleAssignment(role))
            try await body(TestRoutes(client: web.client, token: token, runs: web.runs))
        }
    }

    /// - Parameters:
    ///   - path: below the registry.
    ///   - command: what the Azure CLI names as its command.
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", command: String? = nil,
        registry: String = registry
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.authorization: "Bearer \(token)"]
        if let command, let name = HTTPField.Name("CommandName") { headers[name] = command }
        return try await client.execute(
            uri: registry + path, method: method, headers: headers, body: ByteBuffer(string: body))
    }
}

/// Bodies that the Azure CLI sent, by the name of the capture.
enum Captures {
    static func body(of capture: String, method: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Conformance/captures/\(capture).json"))
        let exchanges =
            (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["exchanges"] as? [[String: Any]]
        let requests = (exchanges ?? []).compactMap { $0["request"] as? [String: Any] }
        let body = requests.first { $0["method"] as? String == method && $0["body"] is [String: Any] }?["body"]
        return String(decoding: try JSONSerialization.data(withJSONObject: body ?? [:]), as: UTF8.self)
    }

    /// The first answer with properties to a request whose path has this ending.
    static func answer(of capture: String, pathEnding: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Conformance/captures/\(capture).json"))
        let exchanges =
            (try JSONSerialization.jsonObject(with: data) as? [String: Any])?["exchanges"] as? [[String: Any]]
        let exchange = (exchanges ?? []).first {
            (($0["request"] as? [String: Any])?["path"] as? String)?.hasSuffix(pathEnding) == true
        }
        let body = (exchange?["response"] as? [String: Any])?["body"] as? [String: Any]
        return Array(try JSONSerialization.data(withJSONObject: body ?? [:]))
    }
}
