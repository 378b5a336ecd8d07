import Foundation
import ResourceAPI
import TaskModel
import Testing

struct TaskChangeTests {
    private static func task(_ json: String) throws -> TaskResource {
        try WireJSON.decode(TaskResource.self, from: Array(json.utf8))
    }

    private static let stored = #"""
        {"name": "t", "properties": {"status": "Enabled", "timeout": 3600, "agentConfiguration": {"cpu": 2},
         "step": {"type": "Docker", "contextPath": "https://git.example.test/app.git", "contextAccessToken": "git-token",
          "dockerFilePath": "Dockerfile", "imageNames": ["app:1"], "isPushEnabled": true,
          "arguments": [{"name": "S", "value": "hidden", "isSecret": true}]},
         "credentials": {"customRegistries": {"A.example.test": {"userName": {"type": "Opaque", "value": "u"},
          "password": {"type": "Opaque", "value": "p"}}}},
         "trigger": {"timerTriggers": [{"name": "t1", "status": "Enabled", "schedule": "0 21 * * *"}],
          "sourceTriggers": [{"name": "s", "status": "Enabled", "sourceTriggerEvents": ["commit"],
           "sourceRepository": {"repositoryUrl": "https://git.example.test/app.git",
            "sourceControlAuthProperties": {"tokenType": "PAT", "token": "trigger-token"}}}]}}}
        """#

    private static func patched(_ change: String, isIdentityRemoval: Bool = false) throws -> TaskResource {
        try TaskChange.patching(
            try task(stored), with: try WireJSON.decode(JSONDocument.self, from: Array(change.utf8)),
            isIdentityRemoval: isIdentityRemoval)
    }

    @Test func `what a change does not name stays`() throws {
        let task = try Self.patched(
            #"{"properties": {"status": "Disabled", "platform": {}, "credentials": {}, "agentConfiguration": {"cpu": 4}}}"#
        )

        #expect(task.properties?.status == "Disabled")
        #expect(task.properties?.agentConfiguration?.cpu == 4)
        #expect(task.properties?.timeout == 3600)
        #expect(task.properties?.step?.contextAccessToken == Secret("git-token"))
        #expect(task.properties?.credentials?.customRegistries?.count == 1)
        #expect(task.properties?.trigger?.sourceTriggers?.count == 1)
    }

    @Test func `lists replace lists, and null removes`() throws {
        let task = try Self.patched(
            #"{"properties": {"step": {"imageNames": ["app:2", "app:3"], "contextAccessToken": null}}}"#)

        #expect(task.properties?.step?.imageNames == ["app:2", "app:3"])
        #expect(task.properties?.step?.contextAccessToken == nil)
        #expect(task.properties?.step?.dockerFilePath == "Dockerfile")
    }

    @Test func `timers are told apart by name`() throws {
        let task = try Self.patched(
            #"""
            {"properties": {"trigger": {"timerTriggers": [{"name": "t1", "status": "Disabled"},
             {"name": "t2", "status": "Enabled", "schedule": "5 * * * *"}]}}}
            """#)

        #expect(
            task.properties?.trigger?.timerTriggers == [
                TimerTriggerProperties(name: "t1", status: "Disabled", schedule: "0 21 * * *"),
                TimerTriggerProperties(name: "t2", status: "Enabled", schedule: "5 * * * *"),
            ])
    }

    @Test func `a login replaces the one of its host, whatever its case, and leaves the others`() throws {
        let added = try Self.patched(
            #"{"properties": {"credentials": {"customRegistries": {"b.example.test": {"identity": "[system]"}}}}}"#)
        let replaced = try Self.patched(
            #"{"properties": {"credentials": {"customRegistries": {"a.example.test": {"identity": "x"}}}}}"#)
        let removed = try Self.patched(
            #"{"properties": {"credentials": {"customRegistries": {"a.EXAMPLE.test": null}}}}"#)

        #expect(added.properties?.credentials?.customRegistries?.keys.sorted() == ["A.example.test", "b.example.test"])
        #expect(
            replaced.properties?.credentials?.customRegistries == [
                "a.example.test": CredentialsProperties.CustomRegistry(identity: "x")
            ])
        #expect(removed.properties?.credentials?.customRegistries?.isEmpty == true)
    }

    @Test func `identities are added, removed one by one, and all at once`() throws {
        let system = try Self.patched(#"{"identity": {"type": "SystemAssigned"}}"#)
        func changed(_ task: TaskResource, _ change: String, isRemoval: Bool = false) throws -> IdentityProperties? {
            try TaskChange.patching(
                task, with: try WireJSON.decode(JSONDocument.self, from: Array(change.utf8)),
                isIdentityRemoval: isRemoval
            ).identity
        }
        var both = system
        both.identity = try changed(
            system, #"{"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id1": {}}}}"#)

        #expect(system.identity?.type == "SystemAssigned")
        #expect(system.identity?.userAssignedIdentities == [:])
        #expect(both.identity?.type == "SystemAssigned, UserAssigned")
        #expect(
            try changed(
                both, #"{"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/ID1": null}}}"#,
                isRemoval: true)?.type == "SystemAssigned")
        #expect(
            try changed(
                both, #"{"identity": {"type": "UserAssigned", "userAssignedIdentities": {"/id1": {}}}}"#,
                isRemoval: true)?.type == "UserAssigned")
        #expect(try changed(both, #"{"identity": {"type": "None"}}"#) == nil)
        #expect(throws: InvalidRequest.self) { try changed(both, #"{"identity": {"type": "Other"}}"#) }
    }

    @Test func `a task that is sent back as it was shown keeps its secrets`() throws {
        var shown = try Self.task(Self.stored)
        shown.properties?.step?.contextAccessToken = nil
        shown.properties?.step?.arguments = [ArgumentProperties(name: "S", value: nil, isSecret: true)]
        shown.properties?.credentials?.customRegistries?["A.example.test"]?.password?.value = nil
        shown.properties?.trigger?.sourceTriggers?[0].sourceRepository?.sourceControlAuthProperties?.token = nil

        let task = TaskChange.replacing(try Self.task(Self.stored), with: shown)

        #expect(task == (try Self.task(Self.stored)))
    }

    @Test func `a trigger that is written without its token keeps it at the same repository alone`() throws {
        func token(_ change: (inout SourceTriggerProperties) -> Void = { _ in }) throws -> Secret? {
            var written = try #require(try Self.task(Self.stored).properties?.trigger?.sourceTriggers?.first)
            written.sourceRepository?.sourceControlAuthProperties = nil
            change(&written)
            var task = try Self.task(Self.stored)
            task.properties?.trigger?.sourceTriggers = [written]
            return TaskChange.replacing(try Self.task(Self.stored), with: task).properties?.trigger?.sourceTriggers?
                .first?.sourceRepository?.sourceControlAuthProperties?.token
        }

        #expect(try token() == Secret("trigger-token"))
        #expect(try token { $0.sourceRepository?.repositoryUrl = "https://elsewhere.example.test/app.git" } == nil)
        #expect(try token { $0.name = "other" } == nil)
        #expect(
            try token {
                $0.sourceRepository?.sourceControlAuthProperties = SourceControlAuthProperties()
                $0.sourceRepository?.sourceControlAuthProperties?.token = Secret("new")
            } == Secret("new"))
    }

    @Test func `a trigger that shared the context's token does not keep the old one`() throws {
        func token(whenWritten auth: SourceControlAuthProperties?) throws -> Secret? {
            var stored = try Self.task(Self.stored)
            stored.properties?.step?.contextAccessToken = Secret("trigger-token")
            var written = stored
            written.properties?.step?.contextAccessToken = Secret("new")
            written.properties?.trigger?.sourceTriggers?[0].sourceRepository?.sourceControlAuthProperties = auth
            return TaskChange.replacing(stored, with: written).properties?.trigger?.sourceTriggers?.first?
                .sourceRepository?.sourceControlAuthProperties?.token
        }

        #expect(try token(whenWritten: nil) == nil)
        // As whoever may not see it sends it back.
        #expect(try token(whenWritten: SourceControlAuthProperties()) == Secret("trigger-token"))
    }

    @Test func `null and an empty token remove that of a trigger`() throws {
        let removed = try Self.patched(
            #"""
            {"properties": {"trigger": {"sourceTriggers": [{"name": "s", "sourceRepository": {
             "sourceControlAuthProperties": null}}]}}}
            """#)
        var empty = try Self.task(Self.stored)
        empty.properties?.trigger?.sourceTriggers?[0].sourceRepository?.sourceControlAuthProperties?.token = Secret("")

        let definition = try TaskDefinition(
            TaskChange.replacing(try Self.task(Self.stored), with: empty), name: "t", registry: "acme01", known: nil,
            by: TaskDefinition.Authorship(by: "me", at: Date(timeIntervalSince1970: 1_800_000_000)), makeID: { "" })

        #expect(
            removed.properties?.trigger?.sourceTriggers?.map { $0.sourceRepository?.sourceControlAuthProperties }
                == [nil])
        #expect(definition.triggers.source.map(\.authorization) == [nil])
    }

    @Test func `a token does not follow a task to another repository`() throws {
        var moved = try Self.task(Self.stored)
        moved.properties?.step?.contextAccessToken = nil
        moved.properties?.step?.contextPath = "https://elsewhere.example.test/app.git"

        let task = TaskChange.replacing(try Self.task(Self.stored), with: moved)

        #expect(task.properties?.step?.contextAccessToken == nil)
    }
}
