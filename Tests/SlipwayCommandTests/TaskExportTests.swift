import ResourceAPI
import TaskFiles
import TaskModel
import Testing

@testable import slipway

struct TaskExportTests {
    private static let repository = "https://git.example.com/team/app.git"

    private func task(_ trigger: SourceTriggerProperties? = nil, _ change: (inout TaskProperties) -> Void = { _ in })
        -> TaskResource
    {
        var task = TaskResource()
        task.name = "app"
        var properties = TaskProperties()
        var step = TaskStepProperties()
        step.type = "Docker"
        step.contextPath = Self.repository
        properties.step = step
        properties.trigger = TriggerProperties()
        properties.trigger?.sourceTriggers = trigger.map { [$0] }
        change(&properties)
        task.properties = properties
        return task
    }

    private func trigger(
        _ events: [String], name: String = "defaultSourceTriggerName", url: String = repository,
        branch: String? = "master", token: Secret? = nil
    ) -> SourceTriggerProperties {
        var trigger = SourceTriggerProperties()
        trigger.name = name
        trigger.sourceTriggerEvents = events
        var repository = SourceRepositoryProperties(url, token: token)
        repository.branch = branch
        trigger.sourceRepository = repository
        return trigger
    }

    /// What is made of a task's export, with the environment that it asks for.
    private func applied(_ task: TaskResource, environment: [String: String] = [:]) throws -> TaskProperties {
        let text = DeclarationText(task, details: task).text
        let declaration = try #require(try TaskDeclaration.all(in: text).first)
        let resource = try TaskResource(declaration, texts: DeclaredTexts(folder: ".", environment: environment))
        return try #require(resource.properties)
    }

    @Test(arguments: ["defaultSourceTriggerName", "mine"])
    func `a trigger for commits and pull requests with its own token stays one`(name: String) throws {
        let stored = task(trigger(["commit", "pullrequest"], name: name, token: Secret("its own"))) {
            $0.step?.contextAccessToken = Secret("of the task")
        }
        let text = DeclarationText(stored, details: stored)

        let triggers = try applied(
            stored, environment: ["GIT_TOKEN_APP": "of the task", "GIT_TOKEN_COMMITS_APP": "its own"]
        ).trigger?.sourceTriggers

        #expect(text.variables == ["GIT_TOKEN_APP", "GIT_TOKEN_COMMITS_APP"])
        #expect(triggers?.map(\.name) == [name])
        #expect(triggers?.first?.sourceTriggerEvents == ["commit", "pullrequest"])
        #expect(triggers?.first?.sourceRepository?.sourceControlAuthProperties?.token == Secret("its own"))
    }

    @Test func `a trigger for commits and pull requests stays one beside others`() throws {
        let stored = task {
            $0.trigger?.sourceTriggers = [trigger(["commit", "pullrequest"]), trigger(["commit"], name: "more")]
        }

        #expect(try applied(stored).trigger?.sourceTriggers?.map(\.name) == ["defaultSourceTriggerName"])
    }

    @Test func `each trigger with its own token has its own variable`() throws {
        let stored = task {
            $0.trigger?.sourceTriggers = [
                trigger(["commit"], token: Secret("c")),
                trigger(["pullrequest"], name: "pullRequests", token: Secret("p")),
            ]
            $0.step?.contextAccessToken = Secret("of the task")
        }

        let triggers = try applied(
            stored,
            environment: [
                "GIT_TOKEN_APP": "of the task", "GIT_TOKEN_COMMITS_APP": "c", "GIT_TOKEN_PULLREQUESTS_APP": "p",
            ]
        ).trigger?.sourceTriggers

        #expect(triggers?.map(\.name) == ["defaultSourceTriggerName", "pullRequests"])
        #expect(
            triggers?.map { $0.sourceRepository?.sourceControlAuthProperties?.token } == [Secret("c"), Secret("p")])
    }

    @Test(arguments: ["ci/Taskfile", "ci/task.yaml"])
    func `a task file stays one whatever its path ends in`(path: String) throws {
        let stored = task {
            $0.step?.type = "FileTask"
            $0.step?.taskFilePath = path
            $0.step?.valuesFilePath = "values"
        }

        let step = try applied(stored).step

        #expect(step?.kind == .file)
        #expect(step?.taskFilePath == path)
        #expect(step?.valuesFilePath == "values")
    }

    /// `master` without a ref in the context means the default branch, which is nil here.
    @Test(
        arguments: [
            (repository, repository, "dev", "dev", "\(repository)#dev"),
            (repository, repository, "master", nil, repository),
            (repository, repository, nil, nil, repository),
            (repository, "\(repository)#x", "dev", "dev", "\(repository)#dev"),
            (repository, "\(repository)#x:folder", "x", "x", "\(repository)#x:folder"),
            (repository, "\(repository)#x", "master", nil, repository),
            (repository, "\(repository)#x", nil, nil, repository),
            ("\(repository)#x", "\(repository)#x", "dev", "dev", "\(repository)#dev"),
            ("\(repository)#x", "\(repository)#x", "x", "x", "\(repository)#x"),
            ("\(repository)#x", "\(repository)#x", "master", "master", "\(repository)#master"),
            ("\(repository)#x", "\(repository)#x", nil, nil, repository),
            ("\(repository)#x:folder", repository, "x", "x", "\(repository)#x"),
            (repository, "https://h.example.com/b.git", "dev", "dev", "https://h.example.com/b.git#dev"),
        ] as [(String, String, String?, String?, String)])
    func `a trigger watches the same branch as before`(
        context: String, url: String, branch: String?, watched: String?, location: String
    ) throws {
        let stored = task(trigger(["commit", "pullrequest"], url: url, branch: branch)) {
            $0.step?.contextPath = context
        }

        let triggers = try applied(stored).trigger?.sourceTriggers

        #expect(triggers?.map { $0.sourceRepository?.branch } == [watched])
        #expect(triggers?.map { $0.sourceRepository?.repositoryUrl } == [location])
    }

    @Test func `the identity for the own registry stays`() throws {
        let credentials = CredentialsProperties(
            sourceRegistry: CredentialsProperties.SourceRegistry(identity: "[system]"))

        #expect(try applied(task { $0.credentials = credentials }).credentials == credentials)
    }

    @Test func `a variable is one that shells have`() throws {
        let stored = task { $0.step?.arguments = [ArgumentProperties(name: "2nd-key", value: nil, isSecret: true)] }

        #expect(DeclarationText(stored, details: stored).variables == ["SECRET_2ND_KEY_APP"])
    }
}
