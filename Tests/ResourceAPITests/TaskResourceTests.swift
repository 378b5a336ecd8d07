import Foundation
import ResourceAPI
import TaskModel
import Testing

struct TaskResourceTests {
    private static let author = TaskDefinition.Authorship(by: "me", at: Date(timeIntervalSince1970: 1_800_000_000))
    private static let registry = ResourceID(subscription: "S", resourceGroup: "G", registry: "local01")

    private static func definition(_ json: String, known: TaskDefinition? = nil) throws -> TaskDefinition {
        try TaskDefinition(
            try WireJSON.decode(TaskResource.self, from: Array(json.utf8)), name: "nightly", registry: "local01",
            known: known, by: author, makeID: { "new-id" })
    }

    private static func resource(_ task: TaskDefinition, revealing: Bool) -> TaskResource {
        TaskResource(task, in: registry, location: "local", tenant: "T", revealing: revealing) {
            $0.replacing("me:word@", with: "")
        }
    }

    private static let docker = #"""
        {"identity": {"type": "SystemAssigned"}, "properties": {"timeout": 600, "step": {"type": "docker",
         "contextPath": "https://me:word@git.example.test/app.git#main", "contextAccessToken": "token",
         "imageNames": ["app:{{.Run.ID}}"], "arguments": [{"name": "S", "value": "hidden", "isSecret": true},
         {"name": "P", "value": "plain"}]}, "credentials": {"customRegistries": {"r.test": {"userName":
         {"type": "Opaque", "value": "u"}, "password": {"type": "Opaque", "value": "p"}}}}}}
        """#

    @Test func `secrets are shown only to who may see them`() throws {
        let task = try Self.definition(Self.docker)
        func text(revealing: Bool) throws -> String {
            let resource = Self.resource(task, revealing: revealing)
            return String(decoding: try WireJSON.encode(resource, revealing: true), as: UTF8.self)
        }

        let hidden = try text(revealing: false)
        let shown = try text(revealing: true)

        for secret in ["\"token\"", "\"hidden\"", "\"p\"", "me:word"] {
            #expect(!hidden.contains(secret), "\(secret)")
            #expect(shown.contains(secret), "\(secret)")
        }
        #expect(hidden.contains("https://git.example.test/app.git#main"))
        #expect(hidden.contains("\"plain\""))
    }

    @Test func `a task that is shown with its secrets and read again is the same`() throws {
        let task = try Self.definition(Self.docker)
        let resource = Self.resource(task, revealing: true)

        let again = try TaskDefinition(
            resource, name: "nightly", registry: "local01", known: task, by: Self.author, makeID: { "another" })

        #expect(again.step == task.step)
        #expect(again.credentials == task.credentials)
        #expect(again.identity == TaskIdentity(systemPrincipal: "new-id"))
    }

    @Test(arguments: [
        (#"{"properties": {}}"#, "properties.step"),
        (#"{"properties": {"step": {"type": "Other"}}}"#, "properties.step.type"),
        (#"{"properties": {"step": {"type": "Docker"}}}"#, "properties.step.contextPath"),
        (#"{"properties": {"step": {"type": "EncodedTask"}}}"#, "properties.step.encodedTaskContent"),
        (
            #"{"properties": {"step": {"type": "EncodedTask", "encodedTaskContent": "%%%"}}}"#,
            "properties.step.encodedTaskContent"
        ),
        (
            #"{"properties": {"step": {"type": "FileTask", "contextPath": "c", "taskFilePath": "../x"}}}"#,
            "properties.step.taskFilePath"
        ),
        (#"{"properties": {"status": "On", "step": {"type": "FileTask", "contextPath": "c"}}}"#, "properties.status"),
        (
            #"{"properties": {"step": {"type": "FileTask", "contextPath": "c"}, "trigger": {"timerTriggers": [{"name": "t", "schedule": "x"}]}}}"#,
            "properties.trigger.timerTriggers[0].schedule"
        ),
        (
            #"{"properties": {"step": {"type": "FileTask", "contextPath": "c"}, "trigger": {"timerTriggers": [{"name": "t", "schedule": "* * * * *"}, {"name": "T", "schedule": "* * * * *"}]}}}"#,
            "properties.trigger.timerTriggers"
        ),
        (
            #"{"properties": {"step": {"type": "FileTask", "contextPath": "c"}, "credentials": {"customRegistries": {"h": {}}}}}"#,
            "properties.credentials.customRegistries"
        ),
        (#"{"properties": {"timeout": 0, "step": {"type": "FileTask", "contextPath": "c"}}}"#, "timeout"),
    ])
    func `a task that can't be carried out is refused with the name of the field`(json: String, target: String) {
        let error = #expect(throws: InvalidRequest.self) { try Self.definition(json) }

        #expect(error?.target == target)
    }

    @Test func `a system task needs no step`() throws {
        let task = try Self.definition(#"{"properties": {"isSystemTask": true, "logTemplate": "l"}}"#)
        let resource = Self.resource(task, revealing: false)

        #expect(resource.properties?.isSystemTask == true)
        #expect(resource.properties?.step == nil)
        #expect(resource.properties?.trigger == nil)
    }

    @Test func `a task's id names it in its registry, whatever the case`() {
        var request = TaskRunRequest()
        request.taskId =
            "/subscriptions/s/resourcegroups/g/providers/microsoft.containerregistry/registries/LOCAL01/Tasks/t1"

        #expect(request.taskName(in: Self.registry) == "t1")
        request.taskId = request.taskId?.replacing("LOCAL01", with: "other")
        #expect(request.taskName(in: Self.registry) == nil)
        request.taskId = "t1"
        #expect(request.taskName(in: Self.registry) == nil)
    }
}
