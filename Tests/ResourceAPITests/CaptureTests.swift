import Foundation
import TaskModel
import Testing

@testable import ResourceAPI

/// Request bodies that the Azure CLI sent.
struct CaptureTests {
    private struct Capture: Decodable {
        let exchanges: [Exchange]

        struct Exchange: Decodable {
            let request: Request
            let response: Response
        }

        struct Request: Decodable {
            let path: String
            let query: [String: String]
            let body: AnyBody?
        }

        struct Response: Decodable {
            let body: AnyBody?
        }
    }

    /// A body kept as the bytes it was.
    private struct AnyBody: Decodable {
        let bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer().decode(Value.self)
            bytes = Array(try JSONSerialization.data(withJSONObject: value.object, options: .fragmentsAllowed))
        }

        private enum Value: Decodable {
            case text(String)
            case number(Double)
            case flag(Bool)
            case null
            case list([Value])
            case fields([String: Value])

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if container.decodeNil() {
                    self = .null
                } else if let value = try? container.decode(Bool.self) {
                    self = .flag(value)
                } else if let value = try? container.decode(Double.self) {
                    self = .number(value)
                } else if let value = try? container.decode(String.self) {
                    self = .text(value)
                } else if let value = try? container.decode([Value].self) {
                    self = .list(value)
                } else {
                    self = .fields(try container.decode([String: Value].self))
                }
            }

            var object: Any {
                switch self {
                case .text(let text): text
                case .number(let number): number == number.rounded() ? Int(number) as Any : number as Any
                case .flag(let flag): flag
                case .null: NSNull()
                case .list(let values): values.map(\.object)
                case .fields(let fields): fields.mapValues(\.object)
                }
            }
        }
    }

    private static func bodies(in capture: String, pathEnding: String) throws -> [(
        request: [UInt8]?, response: [UInt8]?
    )] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Conformance/captures")
        let data = try Data(contentsOf: folder.appending(path: capture + ".json"))
        return try JSONDecoder().decode(Capture.self, from: data).exchanges
            .filter { $0.request.path.hasSuffix(pathEnding) }
            .map { ($0.request.body?.bytes, $0.response.body?.bytes) }
    }

    private static func buildRequest(_ capture: String) throws -> BuildRequest {
        let body = try #require(try bodies(in: capture, pathEnding: "/scheduleRun").first?.request)
        guard case .build(let request) = try WireJSON.decode(ScheduleRunRequest.self, from: body).runRequest() else {
            throw InvalidRequest(code: "", message: "no build")
        }
        return request
    }

    @Test func `a build of a folder is read`() throws {
        let request = try Self.buildRequest("build-local")

        #expect(request.imageNames == ["hello:v1"])
        #expect(request.isPushEnabled)
        #expect(request.sourceLocation?.hasSuffix(".tar.gz") == true)
        #expect(request.dockerFilePath?.hasSuffix("_Dockerfile") == true)
        #expect(request.timeout == nil)
        #expect(request.platform == .linuxAMD64)
    }

    @Test func `a build with every option is read`() throws {
        let request = try Self.buildRequest("build-all-options")

        #expect(request.imageNames == ["hello:v1", "hello:{{.Run.ID}}"])
        #expect(request.platform == Platform(os: "linux", architecture: "arm64", variant: "v8"))
        #expect(request.arguments.map(\.name) == ["A", "FROMENV", "S"])
        #expect(request.arguments.map(\.isSecret) == [false, false, true])
        #expect(request.arguments.first?.value.value == "1")
        #expect(request.target == "stage1")
        #expect(request.timeout == .seconds(120))
        #expect(request.agentPoolName == "p1")
        #expect(request.logTemplate == "logs:{{.Run.ID}}")
    }

    @Test(arguments: [
        "build-no-push", "build-no-push-flag", "build-git-url", "build-source-acr-auth-id", "build-local-over-64MiB",
        "cli-2.84.0-build",
    ])
    func `every captured build is read`(capture: String) throws {
        let request = try Self.buildRequest(capture)

        #expect(request.isPushEnabled == !capture.contains("no-push"))
    }

    private static func taskFileRequest(_ capture: String) throws -> TaskFileRequest? {
        let body = try #require(try bodies(in: capture, pathEnding: "/scheduleRun").first?.request)
        guard
            case .taskFile(let request)? = try WireJSON.decode(ScheduleRunRequest.self, from: body).runRequest()
        else { return nil }
        return request
    }

    @Test func `a command is a task file in the request`() throws {
        let request = try #require(try Self.taskFileRequest("run-cmd"))

        guard case .content(let text) = request.taskFile else {
            Issue.record("no content")
            return
        }
        #expect(text.value.hasPrefix("version: v1.1.0\nsteps: \n  - cmd: "))
        #expect(request.sourceLocation == nil)
    }

    @Test func `a task file of a folder is named by its path`() throws {
        let request = try #require(try Self.taskFileRequest("run-file-options"))

        #expect(request.taskFile == .path("task.yaml"))
        #expect(request.sourceLocation == "https://git.example.test/team/app.git#main")
        #expect(request.valuesFile == .path("values.yaml"))
        #expect(request.values.map(\.isSecret).contains(true))
    }

    @Test func `a run of a stored task says nothing but its task`() throws {
        let body = try #require(try Self.bodies(in: "task-run", pathEnding: "/scheduleRun").first?.request)
        let request = try WireJSON.decode(ScheduleRunRequest.self, from: body)

        let runRequest = try request.runRequest()

        #expect(runRequest == nil)
        guard case .taskRun(let wire) = request else {
            Issue.record("another kind")
            return
        }
        #expect(wire.taskId?.contains("/tasks/") == true)
    }

    @Test(arguments: ["task-list-runs", "task-list-runs-table", "task-list-runs-filters"])
    func `captured listings are read`(capture: String) throws {
        let body = try #require(try Self.bodies(in: capture, pathEnding: "/runs").first?.response)

        let page = try WireJSON.decode(Page<RunResource>.self, from: body)

        #expect(!page.value.isEmpty)
        #expect(page.value.allSatisfy { $0.properties?.knownStatus != nil && ResourceID($0.id) != nil })
    }

    @Test func `captured filters are read`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Conformance/captures")
        var count = 0
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        where file.pathExtension == "json" {
            let capture = try JSONDecoder().decode(Capture.self, from: Data(contentsOf: file))
            for exchange in capture.exchanges where exchange.request.path.hasSuffix("/runs") {
                guard let filter = exchange.request.query["$filter"] else { continue }
                #expect(!(try ODataFilter.parse(filter).conditions.isEmpty))
                count += 1
            }
        }
        #expect(count > 3)
    }

    @Test func `the captured registry is what ours looks like`() throws {
        let body = try #require(try Self.bodies(in: "acr-show", pathEnding: "/registries/acme01").first?.response)
        let captured = try WireJSON.decode(RegistryResource.self, from: body)

        let id = try #require(ResourceID(captured.id))
        let created = try #require(captured.properties?.creationDate)
        let ours = RegistryResource(id: id, location: "local", loginServer: "LOGIN_SERVER", creationDate: created)

        #expect(ours == captured)
    }

    @Test func `the captured login documents are read`() throws {
        let metadata = try #require(
            try Self.bodies(in: "cloud-register", pathEnding: "/metadata/endpoints").first?.response)
        let openID = try #require(try Self.bodies(in: "login", pathEnding: "/openid-configuration").first?.response)
        let token = try #require(try Self.bodies(in: "login", pathEnding: "/oauth2/token").first?.response)
        let subscriptions = try #require(try Self.bodies(in: "login", pathEnding: "/subscriptions").first?.response)

        let ours = CloudMetadata(
            name: "AcrTasksLocal", server: "https://SERVER", tenant: "11111111-1111-1111-1111-111111111111",
            domain: "test")
        let captured = try WireJSON.decode(CloudMetadata.self, from: metadata)
        #expect(ours.authentication.loginEndpoint == captured.authentication.loginEndpoint)
        #expect(ours.authentication.audiences == captured.authentication.audiences)
        #expect(
            try WireJSON.decode(OpenIDConfiguration.self, from: openID) == OpenIDConfiguration(server: "https://SERVER")
        )
        #expect(try WireJSON.decode(TokenAnswer.self, from: token).expiresIn == 3600)
        #expect(
            try WireJSON.decode(Page<SubscriptionResource>.self, from: subscriptions).value == [
                SubscriptionResource(
                    subscriptionId: "22222222-2222-2222-2222-222222222222",
                    tenantId: "11111111-1111-1111-1111-111111111111",
                    displayName: "Local")
            ])
    }
}
