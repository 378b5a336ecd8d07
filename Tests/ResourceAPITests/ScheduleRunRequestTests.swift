import ResourceAPI
import TaskModel
import Testing

struct ScheduleRunRequestTests {
    private func wire(_ change: (inout DockerBuildRequest) -> Void = { _ in }) -> DockerBuildRequest {
        var request = DockerBuildRequest()
        request.sourceLocation = "https://git.example.test/app.git#main:folder"
        change(&request)
        return request
    }

    @Test func `what is not said has its default`() throws {
        let request = try BuildRequest(wire())

        #expect(request == BuildRequest(sourceLocation: "https://git.example.test/app.git#main:folder"))
        #expect(request.timeout == nil)
    }

    @Test func `our additions are read`() throws {
        let body = #"""
            {"type": "dockerbuildrequest", "sourceLocation": "s", "noCache": true, "labels": {"b": "2", "a": "1"}, "builder": "classic",
             "appliesIgnoreFile": false, "includeGit": true, "unknown": {"x": [1]}}
            """#
        guard
            case .build(let request) = try WireJSON.decode(ScheduleRunRequest.self, from: Array(body.utf8)).runRequest()
        else { return }

        #expect(request.noCache)
        #expect(request.builder == .classic)
        #expect(!request.appliesIgnoreFile)
        #expect(request.includeGit)
        #expect(request.labels == [BuildLabel(name: "a", value: "1"), BuildLabel(name: "b", value: "2")])
    }

    @Test(arguments: [
        (QueueProperties(priority: -100, retryOnAgentLoss: 3), QueueSettings(priority: -100, retryOnAgentLoss: 3)),
        (QueueProperties(concurrency: 2, supersedes: true), QueueSettings(concurrency: 2, supersedes: true)),
        (QueueProperties(concurrency: 0), QueueSettings()),
    ])
    func `a run says how it stands in the queue`(asked: QueueProperties, settings: QueueSettings) throws {
        #expect(try BuildRequest(wire { $0.queue = asked }).queue == settings)
    }

    @Test(arguments: [
        QueueProperties(priority: 101), QueueProperties(priority: -101), QueueProperties(retryOnAgentLoss: 4),
        QueueProperties(concurrency: 1001),
    ])
    func `settings of the queue have limits`(asked: QueueProperties) {
        #expect(throws: InvalidRequest.self) { try BuildRequest(wire { $0.queue = asked }) }
    }

    @Test func `what only BuildKit has is read`() throws {
        let body = #"""
            {"type": "DockerBuildRequest", "sourceLocation": "s", "secrets": [{"id": "token", "value": "aGk="}],
             "sshKeys": [{"id": "default", "value": "KEY"}], "cacheFrom": ["app:1"], "cacheTo": "app:cache", "cacheMode": "max",
             "platforms": [{"os": "linux", "architecture": "arm64"}, {"os": "Linux", "architecture": "386"}],
             "contextTransfer": "tar", "sourceDateEpoch": 1700000000, "keptOutput": "oci"}
            """#
        guard
            case .build(let request) = try WireJSON.decode(ScheduleRunRequest.self, from: Array(body.utf8)).runRequest()
        else { return }

        #expect(request.buildSecrets == [BuildSecret(id: "token", content: Secret("aGk="))])
        #expect(request.sshKeys == [BuildSSHKey(id: "default", privateKey: Secret("KEY"))])
        #expect(request.secrets.map(\.value).contains("KEY"))
        #expect(request.cacheSources == ["app:1"])
        #expect(request.cacheTarget == .registry("app:cache", isComplete: true))
        #expect(request.platforms.map(\.description) == ["linux/arm64", "linux/386"])
        #expect(request.platform.description == "linux/arm64")
        #expect(request.transfer == .tar)
        #expect(request.sourceDateEpoch == 1_700_000_000)
        #expect(request.keptOutput == .oci)
    }

    @Test func `one platform in a list is just that`() throws {
        let request = try BuildRequest(wire { $0.platforms = [PlatformProperties(os: "linux", architecture: "arm64")] })

        #expect(request.platforms.isEmpty)
        #expect(request.platform == Platform(os: "linux", architecture: "arm64"))
    }

    @Test func `S20 a request that is shown has no secret of a build`() throws {
        let request = wire {
            $0.secrets = [NamedSecret(id: "a", value: Secret("aHVudGVyMg=="))]
            $0.sshKeys = [NamedSecret(id: "b", value: Secret("hunter2"))]
        }

        let shown = ScheduleRunRequest.dockerBuild(request).withoutSecrets { $0 }

        let text = String(decoding: try WireJSON.encode(shown), as: UTF8.self)
        #expect(!text.contains("hunter2") && !text.contains("aHVudGVyMg"))
        #expect(text.contains(#""id":"a""#))
        #expect(!"\(request)".contains("hunter2"))
    }

    @Test func `without an image name nothing is pushed`() throws {
        #expect(try !BuildRequest(wire { $0.isPushEnabled = true }).isPushEnabled)
        #expect(try BuildRequest(wire { $0.imageNames = ["a"] }).isPushEnabled)
        #expect(
            try !BuildRequest(
                wire {
                    $0.imageNames = ["a"]
                    $0.isPushEnabled = false
                }
            ).isPushEnabled)
    }

    @Test(arguments: [
        "app", "app:v1", "team/app:{{.Run.ID}}", "{{.Run.Registry}}/app:x",
        "r.test:5000/a/b:{{ .Run.Date }}-{{.Run.ID}}", "a{{.Values.x}}b",
    ])
    func `image names are checked without their templates`(name: String) throws {
        #expect(try BuildRequest(wire { $0.imageNames = [name] }).imageNames == [name])
    }

    @Test(arguments: [1, 28_800])
    func `T10 timeouts within the range are taken`(seconds: Int) throws {
        #expect(try BuildRequest(wire { $0.timeout = seconds }).timeout == .seconds(seconds))
    }

    private static let invalid: [(@Sendable (inout DockerBuildRequest) -> Void, String, String)] = [
        ({ $0.imageNames = ["ok", "Not OK"] }, "InvalidName", "imageNames[1]"),
        ({ $0.imageNames = ["app:{{.Run.ID"] }, "InvalidName", "imageNames[0]"),
        ({ $0.secrets = [NamedSecret(id: "a", value: Secret("not Base64!"))] }, "InvalidParameter", "secrets[0].value"),
        ({ $0.secrets = [NamedSecret(id: "a b", value: Secret("aGk="))] }, "InvalidName", "secrets[0].id"),
        (
            { $0.secrets = Array(repeating: NamedSecret(id: "a", value: Secret("aGk=")), count: 2) }, "InvalidName",
            "secrets[1].id"
        ),
        (
            { $0.secrets = [NamedSecret(id: "a", value: Secret(String(repeating: "AAAA", count: 170_667)))] },
            "InvalidParameter", "secrets[0].value"
        ),
        ({ $0.sshKeys = [NamedSecret(id: "a", value: nil)] }, "InvalidParameter", "sshKeys[0].value"),
        ({ $0.cacheFrom = ["a", "Not OK"] }, "InvalidName", "cacheFrom[1]"),
        ({ $0.cacheTo = "Not OK" }, "InvalidName", "cacheTo"),
        ({ $0.cacheMode = "most" }, "InvalidParameter", "cacheMode"),
        (
            { $0.platforms = Array(repeating: PlatformProperties(os: "linux", architecture: "arm64"), count: 2) },
            "InvalidPlatform", "platforms[1]"
        ),
        (
            {
                $0.platforms = ["amd64", "arm64"].map { PlatformProperties(os: "linux", architecture: $0) }
                $0.builder = "classic"
            }, "InvalidParameter", "platforms"
        ),
        (
            {
                $0.platforms = ["amd64", "arm64"].map { PlatformProperties(os: "linux", architecture: $0) }
                $0.keptOutput = "docker"
            }, "InvalidParameter", "keptOutput"
        ),
        ({ $0.contextTransfer = "zip" }, "InvalidParameter", "contextTransfer"),
        ({ $0.sourceDateEpoch = -1 }, "InvalidParameter", "sourceDateEpoch"),
        ({ $0.sourceDateEpoch = 1 << 33 }, "InvalidParameter", "sourceDateEpoch"),
        ({ $0.keptOutput = "zip" }, "InvalidParameter", "keptOutput"),
        ({ $0.imageNames = ["app:a\nb"] }, "InvalidName", "imageNames[0]"),
        ({ $0.imageNames = ["app@sha256:" + String(repeating: "0", count: 64)] }, "InvalidName", "imageNames[0]"),
        ({ $0.sourceLocation = nil }, "InvalidSourceLocation", "sourceLocation"),
        ({ $0.sourceLocation = "" }, "InvalidSourceLocation", "sourceLocation"),
        ({ $0.sourceLocation = "https://x\r\n" }, "InvalidSourceLocation", "sourceLocation"),
        ({ $0.dockerFilePath = "/etc/passwd" }, "InvalidParameter", "dockerFilePath"),
        ({ $0.dockerFilePath = "a/../../b" }, "InvalidParameter", "dockerFilePath"),
        ({ $0.platform = PlatformProperties(os: "plan9") }, "InvalidPlatform", "platform"),
        ({ $0.platform = PlatformProperties(os: "linux", architecture: "z80") }, "InvalidPlatform", "platform"),
        ({ $0.timeout = 0 }, "InvalidParameter", "timeout"),
        ({ $0.timeout = 604_801 }, "InvalidParameter", "timeout"),
        ({ $0.timeout = .min }, "InvalidParameter", "timeout"),
        ({ $0.target = "a b" }, "InvalidName", "target"),
        ({ $0.arguments = [.init(name: "", value: Secret(""), isSecret: false)] }, "InvalidName", "arguments[0].name"),
        (
            { $0.arguments = [.init(name: "A=B", value: Secret(""), isSecret: false)] }, "InvalidName",
            "arguments[0].name"
        ),
        (
            { $0.arguments = [.init(name: "A", value: Secret("a\0"), isSecret: true)] }, "InvalidParameter",
            "arguments[0].value"
        ),
        ({ $0.labels = ["a b": ""] }, "InvalidName", "labels"),
        ({ $0.builder = "kaniko" }, "InvalidParameter", "builder"),
        ({ $0.agentPoolName = "a/b" }, "InvalidName", "agentPoolName"),
        ({ $0.agentPoolName = String(repeating: "a", count: 21) }, "InvalidName", "agentPoolName"),
        ({ $0.logTemplate = "a\nb" }, "InvalidParameter", "logTemplate"),
        (
            { $0.credentials = .init(sourceRegistry: .init(loginMode: "Maybe")) }, "InvalidParameter",
            "credentials.sourceRegistry.loginMode"
        ),
    ]

    @Test(arguments: invalid.indices)
    func `S12 what can't be is refused with the name of its field`(index: Int) {
        let (change, code, target) = Self.invalid[index]

        let error = #expect(throws: InvalidRequest.self) { try BuildRequest(wire(change)) }

        #expect(error?.code == code)
        #expect(error?.target == target)
        #expect(error?.message.unicodeScalars.contains { $0.value < 0x20 } == false)
    }

    @Test(arguments: [
        ("", "JSON"), ("[]", "an object"), ("{}", "type"), (#"{"type": 1}"#, "type"),
        (#"{"type": "X"}"#, "DockerBuildRequest"),
        (#"{"type": "DockerBuildRequest", "timeout": "x"}"#, "timeout"),
        (#"{"type": "DockerBuildRequest", "imageNames": ["a", 2]}"#, "imageNames[1]"),
        (#"{"type": "DockerBuildRequest", "arguments": [{"value": "v"}]}"#, "arguments[0].name"),
        (String(repeating: "[", count: 65), "65|64"),
    ])
    func `a body that can't be read is answered with the field`(body: String, part: String) {
        let error = #expect(throws: InvalidRequest.self) {
            try WireJSON.decode(ScheduleRunRequest.self, from: Array(body.utf8))
        }

        #expect(error?.code == "InvalidRequestContent")
        #expect(part.split(separator: "|").contains { error?.message.contains($0) == true }, "\(error?.message ?? "")")
    }

    @Test func `a request is read back as it was written`() throws {
        var request = wire()
        request.imageNames = ["a:b"]
        request.arguments = [.init(name: "S", value: Secret("x"), isSecret: true)]
        request.labels = ["k": "v"]

        let bytes = try WireJSON.encode(ScheduleRunRequest.dockerBuild(request))

        #expect(try WireJSON.decode(ScheduleRunRequest.self, from: bytes) == .dockerBuild(request))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("timeout"))
    }

    @Test func `S20 a request that is printed hides its arguments`() {
        let request = wire { $0.arguments = [.init(name: "S", value: Secret("hunter2"), isSecret: true)] }

        #expect(!"\(request)".contains("hunter2"))
    }
}
