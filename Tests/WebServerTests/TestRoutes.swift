import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import ResourceAPI
import Scheduling
import Storage
import TaskModel

@testable import WebServer

/// The routes over stores in a folder of their own, and a client that has logged in.
struct TestRoutes {
    static let registry =
        "/subscriptions/SUB/resourceGroups/slipway/providers/Microsoft.ContainerRegistry/registries/local01"

    let client: any TestClientProtocol
    let token: String
    let runs: SQLiteRunStore

    /// - Parameter role: of who asks.
    static func with(role: Role = .admin, _ body: @Sendable (TestRoutes) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/slipway-web-" + UUID().uuidString
        for name in ["logs", "uploads"] {
            try FileManager.default.createDirectory(atPath: folder + "/" + name, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let key = SymmetricKey(data: Data(repeating: 1, count: 32))
        let database = try Storage.Database(path: folder + "/db.sqlite")
        let principals = PrincipalStore(database: database)
        try await principals.put(
            Principal(id: "me", displayName: "me", roles: [RoleAssignment(role)]), secret: "secret", at: Date())
        let settings = SchedulingSettings(
            registries: [
                Registry(name: "local01", loginServer: "localhost:5000", endpoint: "http://localhost:5000"),
                Registry(name: "other01", loginServer: "localhost:5001", endpoint: "http://localhost:5001"),
            ],
            pools: [AgentPool(name: "default", dockerEndpoint: "unix:///x", slots: 4)])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let uploads = BlobStore(directory: folder + "/uploads", maxBytes: 1 << 20)
        let store = SQLiteRunStore(database: database, box: SecretBox(key: key))
        let environment = SchedulerEnvironment(
            runs: store, pools: AgentPoolStore(database: database), logs: LogStore(directory: folder + "/logs"),
            uploads: uploads, settings: settings, logger: logger)
        let runs = RunService(environment)
        let routes = SlipwayRoutes(
            identity: WebServer.ServerIdentity(
                tenant: "TENANT", subscription: "SUB", resourceGroup: "slipway", publicURL: "https://s", version: "1"),
            settings: settings, runs: runs,
            tasks: TaskService(
                tasks: SQLiteTaskStore(database: database, box: SecretBox(key: key)), runs: runs, settings: settings),
            pools: PoolService(environment),
            taskRuns: TaskRunService(store: TaskRunStore(database: database, box: SecretBox(key: key)), runs: runs),
            uploads: uploads, database: database,
            tokens: TokenService(
                key: key, keyID: "k", issuer: "slipway", tenant: "TENANT", principals: principals),
            links: LinkSigner(key: key, keyVersion: "v"), libraries: [:], creationDate: Date(), logger: logger)
        try await Application(router: routes.router()).test(.router) { client in
            let form = "grant_type=client_credentials&client_id=me&client_secret=secret"
            let answer = try await client.execute(
                uri: "/adfs/oauth2/token", method: .post, body: ByteBuffer(string: form))
            let token = try WireJSON.decode(TokenAnswer.self, from: Array(answer.body.readableBytesView)).accessToken
            try await body(TestRoutes(client: client, token: token, runs: store))
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

extension TestResponse {
    func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try WireJSON.decode(type, from: Array(body.readableBytesView))
    }

    var errorCode: String? { try? decoded(ErrorEnvelope.self).error.code }
    var text: String { String(buffer: body) }
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
